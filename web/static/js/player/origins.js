// The nodes a player may ask: the page's own first, the next one as soon as one does not answer. Every address holds on all of them.

// A node answers for its health in a few milliseconds, however busy its encoders are: who asks the next one in vain has lost nothing by it.
const DOUBT = 1000;
const PROBE = 1000;

export class Origins {
  constructor() {
    this.list = [location.origin];
    this.at = 0;
  }

  /** Learn the other nodes of a session; the one that answers now stays. */
  know(alternates) {
    const here = this.here;
    this.list = [...new Set([location.origin, here, ...alternates])];
    this.at = this.list.indexOf(here);
  }

  get here() {
    return this.list[this.at];
  }

  /** Before an address: nothing while the page's own node answers. */
  get prefix() {
    return this.here === location.origin ? "" : this.here;
  }

  get several() {
    return this.list.length > 1;
  }

  /** One node did not answer: go on to the next, unless another request has found that out already. */
  leave(failed) {
    if (failed === this.here) this.at = (this.at + 1) % this.list.length;
  }

  /** Whether a node answers at all; what it says does not matter. */
  async answers(origin) {
    const asked = fetch(`${origin}/health/live`, { mode: "no-cors", cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PROBE) });
    return asked.then(() => true, () => false);
  }
}

/** hls.js's loader, made to ask one node after the other for the same path. It fails when all of them have. */
export function loaderOver(Base, origins) {
  return class {
    constructor(config) {
      this.config = config;
      this.inner = new Base(config);
      this.stats = this.inner.stats; // hls.js keeps hold of these
      this.context = null;
    }

    load(context, config, callbacks) {
      Object.assign(this, { context, policy: config, callbacks, asked: new Set() });
      this.path = context.url.startsWith("http") ? context.url.slice(new URL(context.url).origin.length) : context.url;
      this.ask();
    }

    ask() {
      const origin = origins.here;
      const { context, callbacks } = this;
      this.asked.add(origin);
      const last = origins.list.every((one) => this.asked.has(one));
      const policy = last ? this.policy : { ...this.policy, loadPolicy: { ...this.policy.loadPolicy, errorRetry: null, timeoutRetry: null } };
      const done = (tell) => {
        clearTimeout(this.doubt);
        tell();
      };
      const failed = (tell, moves) => done(() => (last || !moves ? tell() : this.next(origin)));
      this.inner.load({ ...context, url: origin + this.path }, policy, {
        ...callbacks,
        onSuccess: (response, stats, _, details) => done(() => callbacks.onSuccess(response, stats, context, details)),
        onError: (error, _, details, stats) => failed(() => callbacks.onError(error, context, details, stats), !error.code || error.code >= 500),
        onTimeout: (stats, _, details) => failed(() => callbacks.onTimeout(stats, context, details), true),
        onAbort: (stats, _, details) => done(() => callbacks.onAbort?.(stats, context, details)),
        ...(callbacks.onProgress ? { onProgress: (stats, _, data, details) => callbacks.onProgress(stats, context, data, details) } : {}),
      });
      if (!last) this.doubt = setTimeout(() => this.suspect(origin), DOUBT);
    }

    /** A node that is silent for so long may be busy, or gone without a word. */
    async suspect(origin) {
      const { inner } = this;
      if (await origins.answers(origin)) return;
      if (this.inner === inner && this.callbacks && !this.stats.loading.first) this.next(origin);
    }

    next(origin) {
      origins.leave(origin);
      const fresh = new Base(this.config);
      this.inner.destroy();
      fresh.stats = Object.assign(this.stats, fresh.stats);
      this.inner = fresh;
      this.ask();
    }

    abort() {
      clearTimeout(this.doubt);
      this.inner.abort();
    }

    destroy() {
      clearTimeout(this.doubt);
      this.callbacks = null;
      this.context = null;
      this.inner.destroy();
    }

    getCacheAge() {
      return this.inner.getCacheAge();
    }

    getResponseHeader(name) {
      return this.inner.getResponseHeader(name);
    }
  };
}
