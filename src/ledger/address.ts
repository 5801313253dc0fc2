/**
 * Where a submission belongs, as one number: broadcast (17 bits), batch (20), slot (10) and part (6). It is the
 * reference a link keeps for a submission in its window and the value of the message-id map, so nothing is allocated
 * for a message. All fit in 53 bits.
 */
export const MAX_BROADCAST_NO = 2 ** 17 - 1;
export const MAX_BATCHES = 2 ** 20;
export const MAX_SLOTS = 2 ** 10;
export const MAX_PARTS = 2 ** 6;

const SLOT_PART_ROOM = 2 ** 16;

/** The batch in all broadcasts: the upper bits of an address. */
export const batchNumber = (broadcastNo: number, batch: number): number => broadcastNo * MAX_BATCHES + batch;

/** The address of the first slot's first part; add `offsetOf(slot, part)`. */
export const baseAddress = (batchNo: number): number => batchNo * SLOT_PART_ROOM;
export const offsetOf = (slot: number, part: number): number => slot * MAX_PARTS + part;

export const batchNumberOf = (address: number): number => Math.floor(address / SLOT_PART_ROOM);
export const broadcastNoOf = (batchNo: number): number => Math.floor(batchNo / MAX_BATCHES);
export const batchOf = (batchNo: number): number => batchNo % MAX_BATCHES;

export const slotOf = (address: number): number => (address % SLOT_PART_ROOM) >>> 6;
export const partOf = (address: number): number => (address % SLOT_PART_ROOM) & (MAX_PARTS - 1);
