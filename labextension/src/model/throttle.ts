/** Milliseconds of events that are answered by one question. */
const CALM = 250;

/** Acts at once, then again only after a while: the events of many jobs come together. */
export class Calm {
  constructor(private readonly act: () => void) {}

  ask(): void {
    this.missed = this.pause > 0;
    if (this.missed) {
      return;
    }
    this.act();
    this.pause = window.setTimeout(() => {
      this.pause = 0;
      if (this.missed) {
        this.ask();
      }
    }, CALM);
  }

  dispose(): void {
    window.clearTimeout(this.pause);
  }

  private pause = 0;
  private missed = false;
}
