/**
 * What the log does on Redis, each one command and all of it or nothing: a script is refused for want of memory before it
 * writes, and its writes reach the append-only file together.
 *
 * ```
 * PREFIX:log           stream of blocks; the id of an entry is the position of the block's last event
 *                      n: events, t: latest receipt (ms), b: the block
 * PREFIX:log:head      the last position given out
 * PREFIX:log:id        which log it is; the graph in Neo4j says whose it is
 * PREFIX:log:none      never there: see `writable`
 * PREFIX:log:hash:XX   XX: first two bytes of a hash; in it: the other 14 → position of the first event that had it
 * PREFIX:log:hours     and PREFIX:log:hour:N: event times, see redis-event-times.ts
 * PREFIX:log:refusals  stream of refusals; at: ms, b: the rest, compressed
 * ```
 */

import { ADD_TIMES } from './redis-time-scripts.ts';

/** Bytes of a SHA-256 that are kept: 128 bits tell events apart at any number of them. */
export const HASH_BYTES = 16;

/**
 * Hashes lie in 2^16 small ones, by their first two bytes: up to 128 entries (`hash-max-listpack-entries`) Redis keeps a hash in one
 * piece of memory, which takes half of what it takes as a table. So far that is 8.4 million events.
 */
const BUCKET = `
  local function bucket(prefix, hash) return prefix .. string.sub(hash, 1, 2) end`;

/**
 * KEYS: log, head, the prefix of hashes, hours, the prefix of hours. ARGV: a position that was given out, the hashes and
 * the event times one after the other, then of each block: events, latest receipt, bytes.
 * @returns the head before it; or, with nothing written, [index, position, …] of the hashes that are there already
 */
export const APPEND = `${BUCKET}${ADD_TIMES}
  local hashes = ARGV[2]
  local head = tonumber(redis.call('GET', KEYS[2]) or '0')
  if head < tonumber(ARGV[1]) then
    return redis.error_reply('LOST the log ends at ' .. head .. ', but ' .. ARGV[1] .. ' was given out: restore it from a backup')
  end
  local repeats = {}
  for i = 0, #hashes / ${HASH_BYTES} - 1 do
    local hash = string.sub(hashes, i * ${HASH_BYTES} + 1, (i + 1) * ${HASH_BYTES})
    local position = redis.call('HGET', bucket(KEYS[3], hash), string.sub(hash, 3))
    if position then
      repeats[#repeats + 1] = i
      repeats[#repeats + 1] = tonumber(position)
    end
  end
  if #repeats > 0 then return repeats end
  local position = head
  for i = 0, #hashes / ${HASH_BYTES} - 1 do
    position = position + 1
    local hash = string.sub(hashes, i * ${HASH_BYTES} + 1, (i + 1) * ${HASH_BYTES})
    redis.call('HSET', bucket(KEYS[3], hash), string.sub(hash, 3), position)
  end
  redis.call('SET', KEYS[2], position)
  addTimes(KEYS[4], KEYS[5], ARGV[3], head)
  local last = head
  for i = 4, #ARGV, 3 do
    last = last + tonumber(ARGV[i])
    redis.call('XADD', KEYS[1], string.format('%.0f-0', last), 'n', ARGV[i], 't', ARGV[i + 1], 'b', ARGV[i + 2])
  end
  return head`;

/** KEYS: the prefix of hashes. ARGV: the hashes one after the other. @returns the position of each, or false */
export const FIND = `${BUCKET}
  local found = {}
  for i = 0, #ARGV[1] / ${HASH_BYTES} - 1 do
    local hash = string.sub(ARGV[1], i * ${HASH_BYTES} + 1, (i + 1) * ${HASH_BYTES})
    found[i + 1] = redis.call('HGET', bucket(KEYS[1], hash), string.sub(hash, 3))
  end
  return found`;

/**
 * Takes blocks from the start of the log, as long as all in them was received before ARGV[1]; ARGV[2] of them at most.
 * KEYS: log. @returns the events and the blocks that went
 */
export const PRUNE = `
  local events, blocks = 0, 0
  while blocks < tonumber(ARGV[2]) do
    local entry = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
    if not entry or tonumber(entry[2][4]) >= tonumber(ARGV[1]) then break end
    redis.call('XDEL', KEYS[1], entry[1])
    events = events + tonumber(entry[2][2])
    blocks = blocks + 1
  end
  return { events, blocks }`;

/**
 * KEYS: refusals, their last id, their bytes. ARGV: how many and how many bytes are kept, then of each refusal: time, bytes.
 * The newest one stays whatever its size. @returns the last id given out
 */
export const REFUSE = `
  local id = tonumber(redis.call('GET', KEYS[2]) or '0')
  local bytes = tonumber(redis.call('GET', KEYS[3]) or '0')
  for i = 3, #ARGV, 2 do
    id = id + 1
    bytes = bytes + #ARGV[i + 1]
    redis.call('XADD', KEYS[1], string.format('%.0f-0', id), 'at', ARGV[i], 'b', ARGV[i + 1])
  end
  redis.call('SET', KEYS[2], id)
  local count = redis.call('XLEN', KEYS[1])
  while count > tonumber(ARGV[1]) or (bytes > tonumber(ARGV[2]) and count > 1) do
    local entry = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
    bytes = bytes - #entry[2][4]
    count = count - 1
    redis.call('XDEL', KEYS[1], entry[1])
  end
  redis.call('SET', KEYS[3], bytes)
  return id`;

/** KEYS: refusals, their bytes. ARGV: ids. */
export const DROP_REFUSALS = `
  for _, id in ipairs(ARGV) do
    local entry = redis.call('XRANGE', KEYS[1], id .. '-0', id .. '-0')[1]
    if entry then
      redis.call('XDEL', KEYS[1], entry[1])
      redis.call('DECRBY', KEYS[2], #entry[2][4])
    end
  end`;

/** Takes refusals from before ARGV[1]. KEYS: refusals, their bytes. */
export const PRUNE_REFUSALS = `
  while true do
    local entry = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
    if not entry or tonumber(entry[2][2]) >= tonumber(ARGV[1]) then return end
    redis.call('XDEL', KEYS[1], entry[1])
    redis.call('DECRBY', KEYS[2], #entry[2][4])
  end`;
