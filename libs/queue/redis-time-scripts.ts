/** The index of event times on Redis; redis-event-times.ts draws its keys. */

/** Position, ms in the hour and type. */
export const ENTRY_BYTES = 10;
const POSITION_BYTES = 6;
const HOUR_AND_REST = 8;

/**
 * A function of the script that appends: `times` is HOUR_AND_REST bytes for each event, of which the first gets the position
 * after `head`. The lowest hour there is stands for none.
 */
export const ADD_TIMES = `
  local function addTimes(hours, prefix, times, head)
    local added = {}
    for i = 0, #times / ${HOUR_AND_REST} - 1 do
      local hour = struct.unpack('>i4', times, i * ${HOUR_AND_REST} + 1)
      if hour ~= -2147483648 then
        local rest = string.sub(times, i * ${HOUR_AND_REST} + 5, (i + 1) * ${HOUR_AND_REST})
        added[hour] = (added[hour] or '') .. struct.pack('>I6', head + 1 + i) .. rest
      end
    end
    for hour, entries in pairs(added) do
      local name = string.format('%.0f', hour)
      redis.call('APPEND', prefix .. name, entries)
      redis.call('ZADD', hours, hour, name)
    end
  end`;

/** How many entries of an hour's text are of events before `first`: positions rise in it. */
const GONE = `
  local function gone(key, size, first)
    local low, high = 0, size
    while low < high do
      local middle = math.floor((low + high) / 2)
      local at = middle * ${ENTRY_BYTES}
      local position = struct.unpack('>I6', redis.call('GETRANGE', key, at, at + ${POSITION_BYTES - 1}))
      if position < first then low = middle + 1 else high = middle end
    end
    return low
  end`;

/** KEYS: the prefix of hours. ARGV: the first position that is kept, hours. @returns the events that are kept, of each hour */
export const COUNT_HOURS = `${GONE}
  local counts = {}
  for i = 2, #ARGV do
    local key = KEYS[1] .. ARGV[i]
    local size = redis.call('STRLEN', key) / ${ENTRY_BYTES}
    counts[i - 1] = size - gone(key, size, tonumber(ARGV[1]))
  end
  return counts`;

/** Gives back the room of events whose blocks are gone. KEYS: log, hours, the prefix of them. ARGV: hours. */
export const FORGET_HOURS = `${GONE}
  local first = math.huge
  local entry = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  if entry then first = tonumber(string.match(entry[1], '^%d+')) - tonumber(entry[2][2]) + 1 end
  for _, hour in ipairs(ARGV) do
    local key = KEYS[3] .. hour
    local size = redis.call('STRLEN', key) / ${ENTRY_BYTES}
    local before = gone(key, size, first)
    if before == size then
      redis.call('DEL', key)
      redis.call('ZREM', KEYS[2], hour)
    elseif before > 0 then
      redis.call('SET', key, redis.call('GETRANGE', key, before * ${ENTRY_BYTES}, -1))
    end
  end`;
