/* mizan.js - what a page can do beyond being read: stay live, keys, theme, copying
 *
 * Live. /v1/events is read as a stream by fetch rather than EventSource, because a page has to
 * name the event it was made after (Last-Event-ID) already on the first connection, and because
 * comments, the server's sign of life, are not told by EventSource. The format is the same.
 *   connecting ──> live ──(end, error, 60 s of silence)──> reconnecting N s ──> connecting ...
 *                                       └── 15 s without a connection: stale since HH:MM
 * An event marks panels; soon after, never twice within 2 s, the marked ones are asked for as
 * ?panel=a,b and put in place of the old ones, unless somebody selects text or types in them. While
 * the page is hidden it does not listen, so that many open pages do not use up the connections that
 * a browser allows; the stream goes on from the last id when the page is seen again. */
(() => {
  'use strict';
  const root = document.documentElement;
  const store = {
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode */ } },
  };
  const chosen = store.get('theme');
  if (chosen === 'dark' || chosen === 'light')
    root.dataset.theme = chosen; // before the first paint

  const byId = (id) => document.getElementById(id);
  const clock = (date) => date.toISOString().slice(11, 16);
  const SILENCE_MS = 20000, STALE_MS = 15000, SETTLE_MS = 400, GAP_MS = 2000, EVERY_MS = 60000;

  /* ---- the dot ---- */

  let skew = 0; // server's time less ours
  let said = '';

  function show(look, mark, text, say) {
    const live = byId('live');
    live.className = `live ${look}`;
    live.firstElementChild.textContent = mark;
    byId('live-text').textContent = text;
    if (say !== said)
      byId('live-say').textContent = said = say;
  }

  function tick() {
    const now = new Date(Date.now() + skew);
    byId('clock').textContent = now.toISOString().slice(11, 19);
    byId('clock').dateTime = now.toISOString();
  }

  /* ---- panels ---- */

  const marked = new Set();
  const askedAt = new Map(); // panel -> when it was asked for
  const shown = new Map(); // id -> what the server wrote last
  let timer = 0, busy = false, lastMs = 0;

  const panels = () => [...document.querySelectorAll('[data-panel]')];

  // Asks for those of them that nobody uses, when the time has come.
  function mark(names) {
    names.forEach((name) => marked.add(name));
    if (marked.size && !timer && !busy && !document.hidden)
      timer = setTimeout(refresh, Math.max(SETTLE_MS, lastMs + GAP_MS - Date.now()));
  }

  function isInUse(panel) {
    const selection = getSelection();
    return (selection && !selection.isCollapsed && panel.contains(selection.anchorNode)) ||
      panel.contains(document.activeElement?.closest('input, select'));
  }

  function placeOf(panel) {
    const active = document.activeElement;
    const boxes = [...panel.querySelectorAll('.scroll, pre')];
    return {
      scrolls: boxes.map((box) => [box.scrollLeft, box.scrollTop,
        box.scrollHeight - box.scrollTop - box.clientHeight < 8 && box.matches('.log')]),
      open: [...panel.querySelectorAll('details')].map((details) => details.open),
      href: panel.contains(active) ? active.getAttribute('href') : null,
      box: boxes.indexOf(active),
      isInside: panel.contains(active),
      row: current && panel.contains(current) ? hrefOf(current) : null,
    };
  }

  function restore(panel, place) {
    const boxes = [...panel.querySelectorAll('.scroll, pre')];
    boxes.forEach((box, i) => {
      const [left, top, atEnd] = place.scrolls[i] || [0, 0, true];
      box.scrollLeft = left;
      box.scrollTop = atEnd ? box.scrollHeight : top;
    });
    panel.querySelectorAll('details').forEach((details, i) => { details.open = place.open[i]; });
    if (place.row)
      point(rows().find((row) => hrefOf(row) === place.row) || null, false);
    if (!place.isInside)
      return;
    const again = place.href
      ? [...panel.querySelectorAll('a')].find((link) => link.getAttribute('href') === place.href)
      : boxes[place.box];
    (again || byId('main')).focus({ preventScroll: true });
  }

  function put(fresh) {
    const old = byId(fresh.id);
    const html = fresh.outerHTML;
    if (!old)
      return;
    if (shown.get(fresh.id) === html) {
      old.removeAttribute('aria-busy');
      old.querySelector('.late')?.remove();
      return;
    }
    shown.set(fresh.id, html);
    const place = placeOf(old);
    const node = document.importNode(fresh, true);
    old.replaceWith(node);
    wire(node);
    restore(node, place);
    if (node.matches('.alerts'))
      node.classList.add('flash');
  }

  async function refresh() {
    timer = 0;
    const names = panels().filter((panel) => marked.has(panel.dataset.panel) && !isInUse(panel))
      .map((panel) => panel.dataset.panel);
    if (!names.length)
      return;
    busy = true;
    const slow = setTimeout(() => panels().forEach((panel) => {
      if (names.includes(panel.dataset.panel))
        panel.setAttribute('aria-busy', 'true');
    }), 800);
    names.forEach((name) => { marked.delete(name); askedAt.set(name, Date.now()); });
    try {
      const url = new URL(location.href);
      url.searchParams.set('panel', names.join(','));
      const answer = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(20000) });
      if (!answer.ok)
        throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      page.querySelectorAll('[data-panel]').forEach(put);
    } catch {
      names.forEach(sayLate);
    }
    clearTimeout(slow);
    lastMs = Date.now();
    busy = false;
    mark([]);
  }

  function sayLate(name) {
    const panel = byId(`panel-${name}`);
    const head = panel?.querySelector(':scope > header');
    panel?.removeAttribute('aria-busy');
    if (!head)
      return;
    head.querySelector('.late')?.remove();
    const note = document.createElement('span');
    note.className = 'late';
    note.textContent = `not refreshed at ${clock(new Date(Date.now() + skew))}`;
    head.append(note);
  }

  function markDue() {
    const now = Date.now();
    mark(panels().filter((panel) => now - (askedAt.get(panel.dataset.panel) ?? started) >=
      (panel.dataset.every ? panel.dataset.every * 1000 : EVERY_MS))
      .map((panel) => panel.dataset.panel));
  }

  function heard(event) {
    const only = document.body.dataset.job;
    if (only && String(event.job) !== only)
      return;
    const kinds = ['any', event.job ? 'job' : 'partner'];
    mark(panels().filter((panel) => panel.dataset.on.split(' ').some((on) => kinds.includes(on)))
      .map((panel) => panel.dataset.panel));
  }

  /* ---- the stream ---- */

  const started = Date.now();
  let lastId = '0', lostAt = 0, lostClock = '', tries = 0, wasLive = false;

  function field(line, event) {
    if (line === '') {
      if (event.id)
        lastId = event.id;
      if (event.data) {
        try { heard(JSON.parse(event.data)); } catch { heard({}); }
      }
      event.id = event.data = '';
    } else if (line.startsWith('id:')) {
      event.id = line.slice(3).trim();
    } else if (line.startsWith('data:')) {
      event.data += line.slice(5);
    }
    return line.startsWith(':');
  }

  async function listen() {
    const abort = new AbortController();
    let silence = 0, beats = false;
    const leave = () => { if (document.hidden) abort.abort(); };
    document.addEventListener('visibilitychange', leave);
    const alive = () => {
      clearTimeout(silence);
      if (beats)
        silence = setTimeout(() => abort.abort(), SILENCE_MS);
    };
    try {
      const answer = await fetch('/v1/events', { signal: abort.signal, cache: 'no-store',
        headers: { Accept: 'text/event-stream', 'Last-Event-ID': lastId } });
      if (answer.status === 401 || answer.status === 403)
        return 'refused';
      if (!answer.ok || !answer.body)
        return 'lost';
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      const event = { id: '', data: '' };
      let rest = '';
      lostAt = tries = 0;
      show('on', '●', 'live', 'live');
      if (wasLive)
        mark(panels().map((panel) => panel.dataset.panel)); // a new daemon may number anew
      wasLive = true;
      for (;;) {
        const { done, value } = await reader.read();
        if (done)
          return 'lost';
        const lines = (rest + value).split(/\r?\n/);
        rest = lines.pop();
        lines.forEach((line) => { beats = field(line, event) || beats; });
        alive();
      }
    } catch {
      return document.hidden ? 'hidden' : 'lost';
    } finally {
      document.removeEventListener('visibilitychange', leave);
      clearTimeout(silence);
      abort.abort();
    }
  }

  function whenSeen() {
    return new Promise((done) => {
      const look = () => {
        if (document.hidden)
          return;
        document.removeEventListener('visibilitychange', look);
        done();
      };
      document.addEventListener('visibilitychange', look);
      look();
    });
  }

  function showLost(left) {
    const isStale = Date.now() - lostAt >= STALE_MS;
    if (isStale)
      show('stale', '○', `stale since ${lostClock}`, 'stale');
    else
      show('wait', '◌', left > 0 ? `reconnecting ${left} s` : 'reconnecting', 'reconnecting');
  }

  async function live() {
    for (;;) {
      await whenSeen();
      const end = await listen();
      if (end === 'refused') {
        show('stale', '○', 'not live: no permission', 'not live');
        return;
      }
      if (end === 'hidden')
        continue;
      if (!lostAt) {
        lostAt = Date.now();
        lostClock = clock(new Date(lostAt + skew));
      }
      for (let left = Math.min(3 + 2 * tries, 15); left > 0; left--) {
        showLost(left);
        await new Promise((done) => { setTimeout(done, 1000); });
      }
      tries++;
      showLost(0);
    }
  }

  /* ---- rows and keys ---- */

  let current = null;
  let chord = 0;
  const rows = () => [...document.querySelectorAll('[data-rows] > *')];
  const linkOf = (row) => row.querySelector('a[href^="/jobs/"]');
  const hrefOf = (row) => linkOf(row)?.getAttribute('href');

  function point(row, focus = true) {
    current?.classList.remove('at');
    current = row;
    row?.classList.add('at');
    if (row && focus) {
      linkOf(row)?.focus({ preventScroll: true });
      row.scrollIntoView({ block: 'nearest' });
    }
  }

  function step(by) {
    const all = rows();
    const at = current ? all.indexOf(current) : -1;
    if (all.length)
      point(all[Math.min(Math.max(at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by, 0),
        all.length - 1)]);
  }

  function back() {
    if (!document.body.dataset.job) {
      point(null);
      document.activeElement?.blur();
    } else if (document.referrer.startsWith(`${location.origin}/`) && history.length > 1) {
      history.back();
    } else {
      location.assign('/jobs');
    }
  }

  function search() {
    const field = byId('search');
    if (field)
      field.select();
    else
      location.assign('/jobs#search');
  }

  function key(event) {
    const typing = event.target.closest?.('input, select, textarea');
    if (event.ctrlKey || event.metaKey || event.altKey || byId('keys').open)
      return;
    if (typing) {
      if (event.key === 'Escape')
        typing.blur();
      return;
    }
    const afterG = Date.now() - chord < 1000;
    chord = 0;
    const doing = afterG && event.key === 'o' ? () => location.assign('/')
      : afterG && event.key === 'j' ? () => location.assign('/jobs')
      : { '/': search, j: () => step(1), k: () => step(-1), Escape: back,
        '?': () => byId('keys').showModal(), g: () => { chord = Date.now(); } }[event.key];
    if (doing) {
      event.preventDefault();
      doing();
    } else if (event.key === 'Enter' && current && event.target === document.body) {
      linkOf(current)?.click();
    }
  }

  /* ---- buttons ---- */

  async function copy(button) {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch { // not a secure origin
      getSelection().selectAllChildren(code);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  }

  function wire(within) {
    within.querySelectorAll('.copy').forEach((button) => {
      button.hidden = false;
      button.setAttribute('aria-label', `Copy: ${button.previousElementSibling.textContent}`);
      button.addEventListener('click', () => copy(button));
    });
  }

  function showTheme() {
    const dark = root.dataset.theme
      ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    const button = byId('theme');
    button.textContent = dark ? '☀' : '☾';
    button.setAttribute('aria-label', dark ? 'Light theme' : 'Dark theme');
    button.title = button.getAttribute('aria-label');
    button.hidden = false;
    return dark;
  }

  function begin() {
    skew = Number(document.body.dataset.now) - Date.now();
    lastId = document.body.dataset.seq;
    panels().forEach((panel) => shown.set(panel.id, panel.outerHTML));
    wire(document);
    document.querySelectorAll('.log').forEach((log) => { log.scrollTop = log.scrollHeight; });
    byId('theme').addEventListener('click', () => {
      root.dataset.theme = showTheme() ? 'light' : 'dark';
      store.set('theme', root.dataset.theme);
      showTheme();
    });
    showTheme();
    byId('keys-open').hidden = false;
    byId('keys-open').addEventListener('click', () => byId('keys').showModal());
    document.addEventListener('keydown', key);
    document.addEventListener('focusin', (event) => {
      const row = event.target.closest?.('[data-rows] > *');
      if (row && row !== current)
        point(row, false);
    });
    if (location.hash === '#search')
      byId('search')?.focus();
    if (Math.abs(skew) < 2000)
      skew = 0; // the way here, not another clock
    tick();
    setInterval(tick, 1000);
    if (!panels().length) {
      show('', '', '', '');
      return;
    }
    setInterval(markDue, 1000);
    document.addEventListener('visibilitychange', () => mark([]));
    live();
  }

  document.addEventListener('DOMContentLoaded', begin);
})();
