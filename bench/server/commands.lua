-- Durable commands for wrk: three quarters new activities, a quarter edits of deals with the version that the deal then
-- had, each with an idempotency key of its own.   wrk … -- SECONDS FILE RUN RUNS
-- FILE holds the ids there are, a line each ("deal 12"). Every thread of every run has its part of the deals to itself,
-- so that nothing but its own answers tells it their versions.
dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "common.lua")

local threads_a_run = 2
local outcomes = { "connected", "voicemail", "no_answer" }
local seconds, run, host = 0, 0, ""
local members, deals = {}, {}
local versions = {} -- by deal, of those that wait for their next edit
local queue, first, last = {}, 1, 0
local asked = 0

function init(words)
  seconds, run, host = tonumber(words[1]), tonumber(words[3]), wrk.headers["Host"]
  for line in io.lines(words[2]) do
    local kind, id = line:match("(%a+) (%d+)")
    table.insert(kind == "member" and members or deals, tonumber(id))
  end
  local size = math.floor(#deals / (tonumber(words[4]) * threads_a_run))
  local begin = (run * threads_a_run + number) * size
  for i = begin + 1, begin + size do
    last = last + 1
    queue[last] = deals[i]
    versions[deals[i]] = deals[i] -- a record's id is the number of the entry that created it
  end
  math.randomseed(run * 1000 + number + 1)
end

local function write(method, path, condition, body)
  return string.format("%s %s HTTP/1.1\r\nHost: %s\r\nTraction-Actor: %d\r\nIdempotency-Key: bench-%d-%d-%d\r\n%s" ..
    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", method, path, host,
    members[math.random(#members)], run, number, asked, condition, #body, body)
end

function request()
  if over(seconds) then return silence end
  asked = asked + 1
  if asked % 4 ~= 0 then
    return write("POST", "/api/v1/activities", "", string.format(
      '{"fields":{"kind":"call","direction":"outbound","outcome":"%s","owner":%d,"deal":%d,"duration_seconds":%d,' ..
      '"note":"Spoke about the offer; wants to hear about delivery times before deciding."}}',
      outcomes[math.random(3)], members[math.random(#members)], deals[math.random(#deals)], math.random(900)))
  end
  local deal = queue[first]
  queue[first] = nil
  first = first + 1
  -- Amounts that never come twice, so that every edit is one.
  return write("PATCH", "/api/v1/deals/" .. deal, string.format('If-Match: "%d"\r\n', versions[deal]),
    string.format('{"fields":{"amount_minor":%d}}', 1000000000 * (run + 1) + number * 100000000 + asked))
end

function response(status, _, body)
  if status < 200 or status >= 300 then
    failures, failure = failures + 1, status .. " " .. body
    return
  end
  answers = answers + 1
  if body:find('"type":"deal"', 1, true) then
    local deal = tonumber(body:match('"id":(%d+)'))
    versions[deal] = tonumber(body:match('"version":(%d+)'))
    last = last + 1
    queue[last] = deal
  end
end
