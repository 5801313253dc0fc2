-- Applies events to slots of batches of one broadcast in one shard, and keeps the counts in step.
-- KEYS  1 counts of the broadcast in this shard; then one slots string for each batch
-- ARGV  1 the tables of scripts.ts; then for each batch its changes, packed as slot-changes.ts says. Runs of changes are in
--       the order of their slots and never overlap; what would overlap comes as the same batch once more.
-- A slot of several receipted parts takes the event `delivered` when all have come. Which have come is kept in two bits of
-- its byte; where there are more than two parts, in a mask behind the slots.
-- Events of a claim change nothing once somebody else has taken the batch: it has another epoch then.
-- Returns how many changes of a slot there were.
local tables = ARGV[1]
local byte, char, sub, rep, floor = string.byte, string.char, string.sub, string.rep, math.floor
local events = (#tables - 1) / 33
local whole = byte(tables, -1)

-- A part of a string as it is now (bytes that it has not are 0), and what is to change in it.
local function open(key, from, room)
  local held = redis.call('GETRANGE', key, from, from + room - 1)
  if #held < room then held = held .. rep('\0', room - #held) end
  return {key = key, from = from, held = held, starts = {}, counts = {}, values = {}, n = 0, changed = 0}
end

local function put(into, at, count, value)
  local n = into.n + 1
  into.starts[n], into.counts[n], into.values[n], into.n = at, count, value, n
  into.changed = into.changed + count
end

-- In one piece with what stands between the changes, or one by one: whichever takes less of the AOF.
local function write(of)
  local n, starts, counts, values = of.n, of.starts, of.counts, of.values
  if n == 0 then return end
  local out, m, next = {}, 0, starts[1]
  if starts[n] + counts[n] - next + 40 < 40 * of.changed then
    for i = 1, n do
      local start, count = starts[i], counts[i]
      if start > next then
        m = m + 1
        out[m] = sub(of.held, next, start - 1)
      end
      m = m + 1
      out[m] = count == 1 and char(values[i]) or rep(char(values[i]), count)
      next = start + count
    end
    redis.call('SETRANGE', of.key, of.from + starts[1] - 1, table.concat(out))
    return
  end
  for i = 1, n do
    for at = starts[i], starts[i] + counts[i] - 1 do
      out[m + 1] = 'SET' out[m + 2] = 'u8' out[m + 3] = string.format('#%d', of.from + at - 1) out[m + 4] = values[i]
      m = m + 4
    end
  end
  redis.call('BITFIELD', of.key, unpack(out))
end

local totals, changedInAll = {}, 0
for b = 2, #KEYS do
  local key, packed = KEYS[b], ARGV[b]
  local lane, size, parts, epoch, low, high, runs = struct.unpack('>I4I2BI4I2I2', packed)
  local counter, room = lane * 32, high - low + 1
  local slots = open(key, 4 + low, room)
  local masks = parts > 2 and open(key, 4 + size + low, room)
  local held, outlived = slots.held, nil
  for p = runs, #packed, 6 do
    local f1, f2, l1, l2, event, part = byte(packed, p, p + 5)
    local at, last = f1 * 256 + f2 - low + 1, l1 * 256 + l2 - low + 1
    if epoch > 0 and byte(tables, events * 32 + 1 + event) == 1 then
      if outlived == nil then outlived = redis.call('BITFIELD_RO', key, 'GET', 'u32', 0)[1] ~= epoch end
      if outlived then at = last + 1 end
    end
    local row, ofPart = event * 32 + 1, parts > 1 and event == whole
    while at <= last do
      local is, count = byte(held, at), 1
      -- Slots that are alike change as one.
      if at < last and not (masks and ofPart) and sub(held, at, last) == rep(char(is), last - at + 1) then
        count = last - at + 1
      end
      local state = is % 32
      local kept, to = is - state, byte(tables, row + state)
      if ofPart then
        if masks then
          local mask = byte(masks.held, at)
          if floor(mask / 2 ^ part) % 2 == 0 then
            mask = mask + 2 ^ part
            put(masks, at, 1, mask)
          end
          if mask ~= 2 ^ parts - 1 then to = state end
        else
          local bit = part == 0 and 32 or 64
          if floor(is / bit) % 2 == 0 then kept = kept + bit end
          if kept % 128 < 96 then to = state end
        end
      end
      if to >= 128 then
        to = to - 128
        if kept < 128 then
          kept = kept + 128
          totals[counter + 31] = (totals[counter + 31] or 0) + count
        end
      end
      if to ~= state then
        totals[counter + state] = (totals[counter + state] or 0) - count
        totals[counter + to] = (totals[counter + to] or 0) + count
      end
      if to + kept ~= is then
        put(slots, at, count, to + kept)
        changedInAll = changedInAll + count
      end
      at = at + count
    end
  end
  write(slots)
  if masks then write(masks) end
end

-- What no other state counts is pending, so it has no counter. In portions: Lua unpacks some 8,000 values at most, and a
-- script that fails here has changed slots already.
local bits = {'BITFIELD', KEYS[1]}
for at, by in pairs(totals) do
  if at % 32 ~= 0 and by ~= 0 then
    local m = #bits
    bits[m + 1] = 'INCRBY' bits[m + 2] = 'u32' bits[m + 3] = string.format('#%d', at) bits[m + 4] = by
    if m > 4000 then
      redis.call(unpack(bits))
      bits = {'BITFIELD', KEYS[1]}
    end
  end
end
if #bits > 2 then redis.call(unpack(bits)) end
return changedInAll
