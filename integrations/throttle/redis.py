"""Buckets in Redis, where REDIS_URL names one: one script does it all, by the server's clock."""

from __future__ import annotations

from functools import cache

from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

from integrations.throttle.gcra import Bucket, Turn

SECONDS_TO_ANSWER = 1.0
# `decide` of gcra.py. Numbers stay below 2^53, where Lua's are exact; %.0f, as tostring() would round them to 14
# digits. A key dies when its TAT is past: an empty bucket is the same as none.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local go, ready, tats = now, now, {}
for i, key in ipairs(KEYS) do
  tats[i] = tonumber(redis.call('GET', key) or 0)
  ready = math.max(now, tats[i] - ARGV[2 * i + 1])
  go = math.max(go, ready)
end
if go > now and (ready < go or go - now > tonumber(ARGV[1])) then
  return {0, go - now}
end
for i, key in ipairs(KEYS) do
  local tat = math.max(tats[i], go) + ARGV[2 * i]
  redis.call('SET', key, string.format('%.0f', tat), 'PX', string.format('%.0f', math.ceil((tat - now) / 1000) + 1000))
end
return {1, go - now}
"""


def reserve(url: str, buckets: list[Bucket], longest: int) -> Turn:
    """Take from all or none, waiting at most `longest` microseconds. Raises RedisError where it does not answer."""
    # The braces keep a provider's keys together on a cluster.
    keys = [f"sidetrack:bucket:{{{bucket.key.partition('.')[0]}}}:{bucket.key}" for bucket in buckets]
    numbers = [number for bucket in buckets for number in (bucket.step, bucket.room)]
    taken, wait = _script(url)(keys=keys, args=[longest, *numbers])
    return Turn(bool(taken), int(wait))


@cache
def _script(url: str) -> Script:
    """One pool of connections a process; it notices a fork by itself. A kept connection that broke is replaced once:
    the worst that comes of asking twice is a place that nobody uses."""
    client = Redis.from_url(
        url,
        socket_timeout=SECONDS_TO_ANSWER,
        socket_connect_timeout=SECONDS_TO_ANSWER,
        retry=Retry(NoBackoff(), 1),
    )
    return client.register_script(_TAKE)
