-- What Argo CD says of a TrafficPolicy. It opens no string library for scripts, so none is used.

-- Not reached yet, and nothing to fix: a pipeline must not fail while people sleep.
local waiting = {AwaitingApproval = true, FreezeWindow = true, RateExceeded = true}

local function says(status, condition)
  return {status = status, message = condition.reason .. ": " .. condition.message}
end

local status = obj.status
if status == nil or status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "Firebreak has not looked at this spec yet"}
end

local is = {}
for _, condition in ipairs(status.conditions) do
  is[condition.type] = condition
end
local function holds(kind)
  return is[kind] ~= nil and is[kind].status == "True"
end

if is.Ready == nil then
  return {status = "Progressing", message = "Firebreak has not said whether it is Ready"}
end
if holds("Reconciling") then
  return says("Progressing", is.Reconciling)
end
if holds("Stalled") then
  return says("Degraded", is.Stalled)
end
-- What Git asks for was given up by people: it will not come by waiting.
if is.Ready.reason == "Abandoned" then
  return says("Degraded", is.Ready)
end
if is.Ready.status == "True" or waiting[is.Ready.reason] then
  return says("Healthy", is.Ready)
end
if holds("Halted") then
  return says("Suspended", is.Halted)
end
return says("Progressing", is.Ready)
