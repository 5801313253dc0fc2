/** One after the other by name: a hundred prefectures may decide in the same second, and would all be against all. */

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `act` when everything asked for before under this name is over, however it ended. */
  async next<T>(name: string, act: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(act, act);
    this.#last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    }
  }
}
