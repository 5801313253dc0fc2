/** The simulator's one account. */
export const ACCOUNT = { systemId: 'a', password: 'b' } as const;
