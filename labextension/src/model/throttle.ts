/** Milliseconds between two calls. */
const INTERVAL = 250;

/**
 * Calls a function at once, and then at most once per interval. Unlike the `Throttler` of Lumino it
 * neither delays the first call nor drops the last one.
 */
export class Throttle {
  constructor(private readonly call: () => void) {}

  invoke(): void {
    this.isMissed = this.timer > 0;
    if (this.isMissed) {
      return;
    }
    this.call();
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      if (this.isMissed) {
        this.invoke();
      }
    }, INTERVAL);
  }

  dispose(): void {
    window.clearTimeout(this.timer);
  }

  private timer = 0;
  private isMissed = false;
}
