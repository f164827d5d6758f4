// report_check.mjs - opens reports in a browser and fails on what a reader would stumble over
//
// Usage: node report_check.mjs [--shots FOLDER] REPORT.html...
// Each report is opened light and dark, 1280 and 360 px wide. Fails on: an axe violation of impact
// serious or critical, a console error, a network request, a page wider than the window at 360 px,
// SVG text that leaves its viewBox, labels of one chart that overlap, charts that the Tab key does
// not reach, and a read-out that does not answer the arrow keys. Needs chromium: $CHROMIUM or
// /usr/bin/chromium.
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { mkdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const looks = [
    { name: 'light-1280', colorScheme: 'light', width: 1280 },
    { name: 'dark-1280', colorScheme: 'dark', width: 1280 },
    { name: 'light-360', colorScheme: 'light', width: 360 },
    { name: 'dark-360', colorScheme: 'dark', width: 360 },
];

// Runs in the page: everything about the geometry of texts in charts.
function findTextProblems() {
    const problems = [];
    for (const svg of document.querySelectorAll('svg[role=img]')) {
        const frame = svg.getBoundingClientRect();
        if (frame.width === 0)
            continue; // the other half of a switch
        const name = svg.getAttribute('aria-labelledby').split(' ')[0];
        const scale = frame.width / svg.viewBox.baseVal.width;
        const boxes = [...svg.querySelectorAll('text')].map((text) => {
            const box = text.getBoundingClientRect();
            return { text: text.textContent, left: box.left, right: box.right,
                top: box.top, bottom: box.bottom };
        });
        const slack = 0.75 * scale;
        for (const box of boxes) {
            if (box.left < frame.left - slack || box.right > frame.right + slack ||
                box.top < frame.top - slack || box.bottom > frame.bottom + slack)
                problems.push(`${name}: '${box.text}' leaves its chart`);
        }
        // line boxes are taller than letters: two lines 14 px apart do not touch
        const inset = 2 * scale;
        for (let i = 0; i < boxes.length; i++) {
            for (let j = i + 1; j < boxes.length; j++) {
                const a = boxes[i], b = boxes[j];
                if (a.left < b.right && b.left < a.right && a.top + inset < b.bottom - inset &&
                    b.top + inset < a.bottom - inset)
                    problems.push(`${name}: '${a.text}' and '${b.text}' overlap`);
            }
        }
    }
    return problems;
}

async function tabStops(page) {
    const stops = await page.evaluate(() => {
        const charts = [...document.querySelectorAll('figure > .c')]
            .filter((chart) => chart.getBoundingClientRect().width > 0);
        charts.forEach((chart, index) => { chart.dataset.stop = index; });
        return charts.length;
    });
    const reached = new Set();
    for (let i = 0; i < 400 && reached.size < stops; i++) {
        await page.keyboard.press('Tab');
        const stop = await page.evaluate(() => document.activeElement?.dataset?.stop);
        if (stop !== undefined)
            reached.add(stop);
    }
    return stops - reached.size;
}

async function readOutProblems(page) {
    return page.evaluate(() => {
        const problems = [];
        for (const svg of document.querySelectorAll('svg[data-x]')) {
            const figure = svg.closest('figure');
            const box = figure.querySelector('.c');
            if (box.getBoundingClientRect().width === 0)
                continue;
            box.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', cancelable: true }));
            const first = figure.querySelector('.r').textContent;
            const row = figure.querySelector('tbody').rows[svg.dataset.x.split(' ').length - 2];
            if (!first.includes(row.cells[0].textContent))
                problems.push(`${svg.getAttribute('aria-labelledby')}: read-out says '${first}'`);
        }
        return problems;
    });
}

async function checkReport(browser, file, look, shots) {
    const problems = [];
    const page = await (await browser.newContext({ colorScheme: look.colorScheme,
        viewport: { width: look.width, height: 900 }, deviceScaleFactor: 1 })).newPage();
    const url = pathToFileURL(resolve(file)).href;

    page.on('console', (message) => {
        if (message.type() === 'error')
            problems.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
    page.on('request', (request) => {
        if (request.url() !== url && !request.url().startsWith('data:'))
            problems.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    const report = `${basename(file, '.html')}-${look.name}`;
    if (shots)
        await shoot(page, shots, report);
    const extra = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (extra > 0)
        problems.push(`page is ${extra} px wider than the window`);
    problems.push(...await page.evaluate(findTextProblems));
    for (const input of await page.$$('input.sw1')) {
        await input.check({ force: true });
        problems.push(...await page.evaluate(findTextProblems));
    }
    const missed = await tabStops(page);
    if (missed > 0)
        problems.push(`${missed} charts cannot be reached with the Tab key`);
    problems.push(...await readOutProblems(page));
    // all folded tables come from the same code: one of each kind is opened, or axe takes minutes
    await page.evaluate(() => ['figure details', 'details.only', '#why > details:last-of-type',
        '#appendix details'].forEach((kind) => {
        const folded = document.querySelector(kind);
        if (folded)
            folded.open = true;
    }));
    const axe = await new AxeBuilder({ page }).analyze();
    for (const violation of axe.violations) {
        if (violation.impact === 'serious' || violation.impact === 'critical')
            problems.push(`axe ${violation.id}: ${violation.help}: ` +
                violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | '));
    }
    await page.context().close();
    return [...new Set(problems)].map((problem) => `${report}: ${problem}`);
}

// The whole page, and each panel on its own.
async function shoot(page, folder, report) {
    mkdirSync(folder, { recursive: true });
    let index = 0;
    for (const section of await page.$$('section')) {
        index++;
        await section.screenshot({ path: `${folder}/${report}-${String(index).padStart(2, '0')}.png` });
    }
    await page.screenshot({ path: `${folder}/${report}-top.png` });
}

const args = process.argv.slice(2);
const shots = args[0] === '--shots' ? args.splice(0, 2)[1] : null;
if (args.length === 0) {
    console.error('usage: node report_check.mjs [--shots FOLDER] REPORT.html...');
    process.exit(2);
}
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    headless: true, args: flags });
let failed = 0;
for (const file of args) {
    for (const look of looks) {
        const problems = await checkReport(browser, file, look, shots);
        problems.forEach((problem) => console.error(problem));
        failed += problems.length;
        console.log(`${basename(file)} ${look.name}: ${problems.length ? 'FAILED' : 'ok'}`);
    }
}
await browser.close();
process.exit(failed ? 1 : 0);
