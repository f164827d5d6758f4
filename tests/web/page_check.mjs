// page_check.mjs - the dashboard's pages in a browser, served with their policy
//
// Usage: node page_check.mjs [--shots FOLDER] PAGES (the folder of tests/control/render_pages)
// Every page of every fleet is opened light and dark, 1280 and 360 px wide. Fails on: an axe
// violation of impact serious or critical, a console error (a breach of the policy is one), a
// request to elsewhere, a page wider than the window, text on a coloured bar below 4.5:1. Then:
// pages without scripts, the policy itself, keys, theme, reduced motion, and the live update with
// a broken connection. Needs chromium: $CHROMIUM or /usr/bin/chromium.
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const looks = [
    { name: 'light-1280', colorScheme: 'light', width: 1280 },
    { name: 'dark-1280', colorScheme: 'dark', width: 1280 },
    { name: 'light-360', colorScheme: 'light', width: 360 },
    { name: 'dark-360', colorScheme: 'dark', width: 360 },
];
const fleets = ['normal', 'empty', 'lost', 'hostile', 'many'];
const pages = [['overview', '/'], ['jobs', '/jobs'], ['job', '/jobs/4127'],
    ['waiting', '/jobs/4142'], ['problem', '/jobs/4711']];

const args = process.argv.slice(2);
const shots = args[0] === '--shots' ? args.splice(0, 2)[1] : null;
if (args.length !== 1) {
    console.error('usage: node page_check.mjs [--shots FOLDER] PAGES');
    process.exit(2);
}
const here = dirname(fileURLToPath(import.meta.url));
const server = spawn('python3', [`${here}/page_server.py`, args[0]],
    { stdio: ['ignore', 'pipe', 'inherit'] });
const port = await new Promise((done) => {
    server.stdout.once('data', (text) => done(String(text).trim()));
});
const base = `http://127.0.0.1:${port}`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    headless: true, args: flags });
let failed = 0;

const tell = async (what) => (await fetch(`${base}/test/${what}`)).json();

function check(what, problems) {
    problems.forEach((problem) => console.error(`${what}: ${problem}`));
    failed += problems.length;
    console.log(`${what}: ${problems.length ? 'FAILED' : 'ok'}`);
}

async function open(path, options, problems) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.on('console', (message) => {
        if (message.type() === 'error')
            problems.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
    page.on('dialog', (dialog) => {
        problems.push(`a name became a script: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on('request', (request) => {
        if (!request.url().startsWith(`${base}/`))
            problems.push(`request: ${request.url()}`);
    });
    await page.goto(base + path);
    return page;
}

// Runs in the page: contrast of the words on bars, which axe does not look at.
function findBarProblems() {
    const light = (color) => color.match(/[\d.]+/g).slice(0, 3).map(Number)
        .map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    return [...document.querySelectorAll('.seg text')].flatMap((text) => {
        const [a, b] = [text, text.parentNode.querySelector('rect')]
            .map((element) => light(getComputedStyle(element).fill)).sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        return ratio < 4.5 ? [`'${text.textContent}' has ${ratio.toFixed(2)}:1`] : [];
    });
}

async function axeProblems(page) {
    const axe = await new AxeBuilder({ page }).analyze();
    return axe.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, help, nodes }) => `axe ${id}: ${help}: ` +
            nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | '));
}

async function checkLook(fleet, name, path, look) {
    const problems = [];
    const page = await open(path,
        { colorScheme: look.colorScheme, viewport: { width: look.width, height: 900 } }, problems);
    await page.waitForFunction(() => !document.querySelector('[data-panel]') ||
        document.getElementById('live').classList.contains('on'));
    const extra = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (extra > 0)
        problems.push(`page is ${extra} px wider than the window`);
    problems.push(...await page.evaluate(findBarProblems));
    if (!(fleet === 'many' && name === 'jobs')) // the same row 2,000 times takes axe minutes
        problems.push(...await axeProblems(page));
    if (shots)
        await page.screenshot({ path: `${shots}/${fleet}-${name}-${look.name}.png`,
            fullPage: name !== 'jobs' });
    await page.context().close();
    check(`${fleet} ${name} ${look.name}`, problems);
}

async function checkWithoutScript() {
    const problems = [];
    const page = await open('/', { javaScriptEnabled: false }, problems);
    const text = await page.innerText('body');
    for (const wanted of ['pretrain-9', '1,056 / 1,600', 'as of 14:10:07', '512/768', 'n0807',
        'mizan events -f', 'checkpoint'])
        if (!text.includes(wanted))
            problems.push(`'${wanted}' is missing`);
    for (const button of await page.$$('button'))
        if (await button.isVisible())
            problems.push(`a button that does nothing: ${await button.innerText()}`);
    await page.goto(`${base}/jobs`);
    await page.fill('#search', 'pre');
    await page.click('form button');
    if (!page.url().endsWith('/jobs?name=pre&team=&owner=&partner='))
        problems.push(`the filter leads to ${page.url()}`);
    await page.context().close();
    check('without scripts', problems);
}

async function checkPolicy() {
    const problems = [];
    const ignored = [];
    const page = await open('/', {}, ignored);
    const broken = await page.evaluate(async () => {
        const breaches = [];
        document.addEventListener('securitypolicyviolation', (event) => {
            breaches.push(event.effectiveDirective);
        });
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
        const image = document.createElement('img');
        image.src = 'https://elsewhere.invalid/x.png';
        document.body.append(image);
        document.body.setAttribute('style', 'color: red');
        await new Promise((done) => { setTimeout(done, 300); });
        return { breaches: breaches.sort(), ran: !!window.ran };
    });
    if (broken.ran || broken.breaches.join() !== 'img-src,script-src-elem,style-src-attr')
        problems.push(`the policy let something through: ${JSON.stringify(broken)}`);
    await page.context().close();
    check('policy', problems);
}

async function checkKeys() {
    const problems = [];
    const page = await open('/jobs', {}, problems);
    const want = async (what, expected, actual) => {
        if (await actual !== expected)
            problems.push(`${what}: '${await actual}' instead of '${expected}'`);
    };
    const focus = () => page.evaluate(() => document.activeElement.getAttribute('href') ||
        document.activeElement.id || document.activeElement.localName);
    await page.keyboard.press('j');
    await want('j', '/jobs/4127', focus());
    await page.keyboard.press('j');
    await want('j j', '/jobs/4131', focus());
    const outline = await page.evaluate(
        () => parseFloat(getComputedStyle(document.activeElement).outlineWidth));
    if (!(outline >= 2))
        problems.push(`the focus is not visible: outline ${outline}px`);
    await page.keyboard.press('k');
    await want('k', '/jobs/4127', focus());
    await Promise.all([page.waitForURL('**/jobs/4127'), page.keyboard.press('Enter')]);
    await Promise.all([page.waitForURL('**/jobs'), page.keyboard.press('Escape')]);
    await page.keyboard.press('/');
    await want('/', 'search', focus());
    await page.keyboard.type('jk?');
    await want('letters in a field', 'jk?', page.inputValue('#search'));
    await page.keyboard.press('Escape');
    await want('Esc in a field', 'body', focus());
    await page.keyboard.press('?');
    await want('?', true, page.isVisible('#keys'));
    problems.push(...await axeProblems(page));
    if (shots)
        await page.screenshot({ path: `${shots}/keys.png` });
    await page.keyboard.press('Escape');
    await want('Esc in the list of keys', false, page.isVisible('#keys'));
    await page.keyboard.press('g');
    await Promise.all([page.waitForURL(`${base}/`), page.keyboard.press('o')]);
    await Promise.all([page.waitForURL('**/jobs#search'), page.keyboard.press('/')]);
    await want('/ elsewhere', 'search', focus());
    await page.goto(base);
    await page.keyboard.press('Tab');
    await want('Tab', '#main', focus());
    await page.context().close();
    check('keys', problems);
}

async function checkTheme() {
    const problems = [];
    const page = await open('/', { colorScheme: 'light', reducedMotion: 'reduce' }, problems);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.click('#theme');
    const dark = await ground();
    await page.reload();
    if (light === dark || await ground() !== dark)
        problems.push(`theme: ${light}, ${dark}, after reload ${await ground()}`);
    await page.evaluate(() => document.querySelector('.alerts').classList.add('flash'));
    if (await page.evaluate(() => document.getAnimations().length) !== 0)
        problems.push('something moves though less motion was asked for');
    await page.context().close();
    check('theme, motion', problems);
}

async function checkLive() {
    const problems = [];
    await tell('clear');
    const page = await open('/', {}, []); // refused connections are console errors
    const says = (text, timeout) => page.waitForFunction(
        (wanted) => document.getElementById('live').textContent.includes(wanted), text, { timeout })
        .catch(() => problems.push(`the dot never said '${text}'`));
    await says('live', 5000);
    if ((await tell('seen')).last_ids[0] !== '9001')
        problems.push('the first connection does not name the newest event of the page');
    await page.focus('.gantt a[href="/jobs/4142"]');
    await tell('emit?id=9002');
    await page.waitForFunction(() => document.querySelector('.gantt a[href="/jobs/4142"]')
        .textContent.includes('placing'), null, { timeout: 5000 })
        .catch(() => problems.push('an event does not refresh the panel'));
    const { panels } = await tell('seen');
    if (panels.length !== 1 || !panels[0].includes('gantt') || !panels[0].includes('events'))
        problems.push(`panels asked for: ${JSON.stringify(panels)}`);
    if (await page.isVisible('.alerts'))
        problems.push('the strip of alerts stays when there is none');
    if (await page.evaluate(() => document.activeElement.getAttribute('href')) !== '/jobs/4142')
        problems.push('the focus is lost when a panel is refreshed');
    for (let id = 9003; id < 9053; id++)
        await tell(`emit?id=${id}`);
    await page.waitForTimeout(3000);
    const asked = (await tell('seen')).panels.length;
    if (asked < 2 || asked > 4)
        problems.push(`50 events at once ask for panels ${asked - 1} times`);
    await tell('down?is=1');
    await says('reconnecting 3 s', 3000);
    await says('stale since', 20000);
    if (shots)
        await page.screenshot({ path: `${shots}/stale.png` });
    await tell('down?is=0');
    await says('live', 20000);
    if ((await tell('seen')).last_ids.at(-1) !== '9052')
        problems.push(`resumes from ${(await tell('seen')).last_ids.at(-1)}`);
    await page.context().close();
    check('live', problems);
}

if (shots)
    mkdirSync(shots, { recursive: true });
for (const fleet of fleets) {
    await tell(`kind?is=${fleet}`);
    for (const [name, path] of pages) {
        if (fleet === 'empty' && (name === 'job' || name === 'waiting'))
            continue;
        for (const look of looks)
            await checkLook(fleet, name, path, look);
    }
}
await tell('kind?is=normal');
await checkWithoutScript();
await checkPolicy();
await checkKeys();
await checkTheme();
await checkLive();
await browser.close();
server.kill();
process.exit(failed ? 1 : 0);
