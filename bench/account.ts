/** The simulator's accounts: the one that is measured, and the one that dispatchers are warmed up on. */
export const ACCOUNT = { systemId: 'a', password: 'b' } as const;
export const WARM_UP_ACCOUNT = { systemId: 'warm', password: 'b' } as const;
