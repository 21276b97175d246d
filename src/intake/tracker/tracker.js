/*
 * Touchline's tracker: loads Segment's open-source client from the server that this script came from, and records page views,
 * outbound links, downloads and forms that say who filled them in. docs/how-to/tracker.md
 */
(function (window, document) {
  'use strict';
  const script = document.currentScript;
  const source = script && /^(.*)\/t(?:\.js|\/([^/?#]+))(?:[?#]|$)/.exec(script.src);
  const early = window.touchline;
  if (!source || (early && early.version)) return;
  if (window.analytics) {
    window.console.warn(
      '[touchline] The page has an analytics.js of its own: point that to Touchline instead',
    );
    return;
  }

  const settings = script.dataset;
  const host = source[1];
  const writeKey = settings.writeKey || decodeURIComponent(source[2] || '').replace(/\.js$/, '');
  const DECISION = 'touchline_consent';
  const DOWNLOAD =
    /\.(?:pdf|docx?|odt|rtf|pptx?|key|odp|xlsx?|ods|csv|epub|zip|gz|tgz|7z|rar|exe|msi|dmg|pkg|deb|rpm|apk|mp3|mp4|mov)$/i;
  let isRunning = false;
  let isWatching = false;
  let lastPage;

  const words = (text) => text.split(/[\s,]+/).filter(Boolean);

  /* Consent: nothing is stored or sent unless this is 'granted'. */

  function storedDecision() {
    try {
      return window.localStorage.getItem(DECISION);
    } catch {
      return null;
    }
  }

  let decision = storedDecision();

  function consentState() {
    if (decision === 'granted' || decision === 'denied') return decision;
    const signals = words(settings.signals === undefined ? 'gpc dnt' : settings.signals);
    const objects =
      (signals.includes('gpc') && window.navigator.globalPrivacyControl === true) ||
      (signals.includes('dnt') && window.navigator.doNotTrack === '1');
    if (objects) return 'denied';
    return settings.consent === 'required' ? 'unknown' : 'granted';
  }

  function decide(choice) {
    if (choice !== 'granted' && choice !== 'denied') return;
    decision = choice;
    try {
      window.localStorage.setItem(DECISION, choice);
    } catch {
      // Holds for this page.
    }
    if (choice === 'granted') start();
    else stop();
  }

  /* The client. */

  /** The page as it is now: the client may load when the visitor is on another. */
  function pageContext() {
    const canonical = document.querySelector("link[rel='canonical']");
    const { pathname: p, href: u, search: s } = window.location;
    const c = (canonical && canonical.getAttribute('href')) || undefined;
    return { __t: 'bpc', c, p, u, s, t: document.title, r: document.referrer };
  }

  function call(method, ...args) {
    if (!isRunning) return;
    const client = window.analytics;
    if (client.initialized) client[method](...args);
    else client.push([method, ...args, pageContext()]);
  }

  function load() {
    const client = (window.analytics = []);
    // Requests outlive the page: a click leaves it.
    const deliveryStrategy = { strategy: 'standard', config: { keepalive: true } };
    client._loadOptions = { integrations: { 'Segment.io': { deliveryStrategy } } };
    const element = document.createElement('script');
    element.async = true;
    element.src = `${host}/analytics.js/v1/${encodeURIComponent(writeKey)}/analytics.min.js`;
    document.head.appendChild(element);
  }

  function start() {
    if (isRunning || consentState() !== 'granted') return;
    isRunning = true;
    if (!window.analytics) load();
    if (!isWatching) watch();
    isWatching = true;
    lastPage = undefined;
    viewPage();
  }

  /** Removes what the client stored; it sends nothing more. */
  function stop() {
    const client = window.analytics;
    if (client && client.initialized) client.reset();
    // A client that is still loading would store an id as it starts.
    else if (Array.isArray(client)) client.splice(0, client.length, ['ready', () => isRunning || stop()]);
    isRunning = false;
    forgetAll();
    // What it was about to do when it was told may store something once more.
    window.setTimeout(() => isRunning || forgetAll(), 500);
  }

  function forgetAll() {
    for (const name of ['localStorage', 'sessionStorage']) forget(name);
    const hosts = window.location.hostname.split('.');
    const domains = ['', ...hosts.map((_, nth) => `; domain=.${hosts.slice(nth).join('.')}`)];
    for (const cookie of document.cookie.split(/;\s*/)) {
      const name = cookie.split('=')[0];
      if (!name.startsWith('ajs_')) continue;
      for (const domain of domains) document.cookie = `${name}=; max-age=0; path=/${domain}`;
    }
  }

  function forget(name) {
    try {
      const storage = window[name];
      for (const key of Object.keys(storage))
        if (/^(?:ajs_|analytics_session|persisted-queue:)/.test(key)) storage.removeItem(key);
    } catch {
      // Storage is turned off.
    }
  }

  /* What is recorded. */

  function viewPage() {
    const { origin, pathname, search, hash } = window.location;
    const isRoute = /^#!?\//.test(hash);
    const page = origin + pathname + search + (isRoute ? hash : '');
    if (page === lastPage) return;
    lastPage = page;
    // The client leaves fragments out.
    if (isRoute) call('page', { url: page });
    else call('page');
  }

  function watch() {
    for (const name of ['pushState', 'replaceState']) {
      const original = window.history[name];
      window.history[name] = function (...args) {
        const result = original.apply(this, args);
        // Applications set the title after the address.
        window.setTimeout(viewPage, 50);
        return result;
      };
    }
    window.addEventListener('popstate', () => window.setTimeout(viewPage, 50));
    for (const type of ['click', 'auxclick']) document.addEventListener(type, onClick, true);
    document.addEventListener('submit', onSubmit, true);
  }

  function onClick(event) {
    const target = event.target instanceof window.Element ? event.target : undefined;
    if (!target || (event.type === 'auxclick' && event.button !== 1)) return;
    const named = target.closest('[data-touchline-event]:not(form)');
    if (named) call('track', named.dataset.touchlineEvent, { text: textOf(named) });
    const link = target.closest('a[href], area[href]');
    if (!link || !/^https?:$/.test(link.protocol)) return;
    const properties = { url: link.href, text: textOf(link) };
    if (link.hasAttribute('download') || DOWNLOAD.test(link.pathname))
      call('track', 'File Downloaded', { ...properties, file_name: link.pathname.split('/').pop() });
    else if (link.host !== window.location.host) call('track', 'Outbound Link Clicked', properties);
  }

  const textOf = (element) =>
    (element.textContent || '').replace(/\s+/g, ' ').trim().slice(0, 200) || undefined;

  /** `field:trait` by the names of fields; only these leave the page. */
  const fields = new Map(
    words(settings.fields || 'email').map((entry) => {
      const [field, trait] = entry.split(':');
      return [field.toLowerCase(), trait || field];
    }),
  );

  function traitsOf(form) {
    const traits = {};
    for (const element of form.elements) {
      const { name = '', type, value } = element;
      if (type === 'password' || type === 'hidden' || typeof value !== 'string' || !value.trim()) continue;
      if ((type === 'checkbox' || type === 'radio') && !element.checked) continue;
      const trait = fields.get(name.toLowerCase()) || (type === 'email' ? 'email' : undefined);
      if (trait && !(trait in traits)) traits[trait] = value.trim();
    }
    return traits;
  }

  /** Forms that say who filled them in; others, such as a search, are not touchpoints. */
  function onSubmit({ target: form }) {
    if (!(form instanceof window.HTMLFormElement) || form.hasAttribute('data-touchline-ignore')) return;
    const traits = traitsOf(form);
    if (!traits.email) return;
    call('identify', traits);
    call('track', form.dataset.touchlineEvent || 'Form Submitted', {
      ...traits,
      form_id: form.id || undefined,
      form_name: form.getAttribute('name') || undefined,
    });
  }

  /* For the page. */

  const api = {
    version: 1,
    consent: (choice) => {
      decide(choice);
      return consentState();
    },
    page: (...args) => call('page', ...args),
    track: (...args) => call('track', ...args),
    identify: (...args) => call('identify', ...args),
    group: (...args) => call('group', ...args),
    reset: () => call('reset'),
    push: ([method, ...args]) => typeof api[method] === 'function' && api[method](...args),
  };
  window.touchline = api;
  start();
  if (Array.isArray(early)) early.forEach(api.push);
})(globalThis, globalThis.document);
