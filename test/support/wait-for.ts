/** Polls until `condition` gives a truthy value, and returns it; throws after `deadlineMs`. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  deadlineMs = 10_000,
  what = 'the condition',
): Promise<NonNullable<T>> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (Date.now() > end) throw new Error(`${what} did not hold within ${deadlineMs} ms`);
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}
