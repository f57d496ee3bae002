-- Reads for wrk: asks for one path after another of a file with a path a line.   wrk … -- SECONDS FILE
dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "common.lua")

local requests, at, seconds = {}, 0, 0

function init(words)
  seconds = tonumber(words[1])
  for path in io.lines(words[2]) do
    table.insert(requests, "GET " .. path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n\r\n")
  end
  at = number * math.floor(#requests / 2)
end

function request()
  if over(seconds) then return silence end
  at = at % #requests + 1
  return requests[at]
end
