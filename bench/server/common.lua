-- What the scripts for wrk share: a clock, silence at the end, and the line of JSON that load.h reads.
local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds, nanoseconds; } traction_time;
  int clock_gettime(int clock, traction_time *time);
]]
local time = ffi.new("traction_time")
local ends

local function now()
  ffi.C.clock_gettime(1, time) -- CLOCK_MONOTONIC
  return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
end

-- True from `seconds` after the first call on. A request is then no longer to be sent, so that the last answers come in
-- before wrk ends and what was acknowledged is known exactly.
function over(seconds)
  ends = ends or now() + seconds
  return now() >= ends
end

-- A request that is never finished: the one way for a script to keep a connection of wrk silent.
silence = "GET / HTTP/1.1\r\n"

-- Variables of wrk's threads that done() gathers.
answers, failures, failure = 0, 0, ""

local threads = {}
function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads - 1)
end

function done(summary, latency)
  local all, failed, text = 0, 0, ""
  for _, thread in ipairs(threads) do
    all = all + thread:get("answers")
    failed = failed + thread:get("failures")
    if thread:get("failure") ~= "" then text = thread:get("failure") end
  end
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write
  if broken > 0 then text = text .. " (connections that broke: " .. broken .. ")" end
  -- Without a response() of its own, a script leaves the counting to wrk.
  if not response then
    all = summary.requests - summary.errors.status
    failed = summary.errors.status
    if failed > 0 then text = "not 2xx or 3xx" end
  end
  io.write(string.format('{"answers":%d,"failures":%d,"failure":"%s","p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f}\n',
    all, failed + broken, text:gsub('[%c"\\]', " "), latency:percentile(50) / 1000, latency:percentile(95) / 1000,
    latency:percentile(99) / 1000))
end
