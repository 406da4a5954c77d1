from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT = 2  # seconds that redis may take for an answer


class RedisVisits:
    """A counter that lives in redis, where every replica of the app finds it."""

    def __init__(self, address: str, key: str, password: str | None) -> None:
        """Make no connection yet: redis may come later than the app, and go and come back."""
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal():
            message = f'REDIS_ADDRESS is not host:port: "{address}"'
            raise ValueError(message)
        self._address = address
        self._key = key
        self._redis = Redis(
            host=host.strip("[]"),
            port=int(port),
            password=password or None,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            # An INCR whose answer is lost may have been carried out: sent again, the visit would count twice.
            retry=Retry(NoBackoff(), retries=0),
        )

    def __str__(self) -> str:
        return f'counting visits in redis at {self._address}, key "{self._key}"'

    def add(self) -> int:
        """Count one visit and return the new count, which redis has acknowledged.

        When it fails, the visit may have counted or not.
        """
        try:
            return self._redis.incr(self._key)
        except RedisError as error:
            raise OSError(str(error)) from error

    def count(self) -> int:
        """Return the visits so far, of all replicas."""
        try:
            return int(self._redis.get(self._key) or 0)
        except (RedisError, ValueError) as error:
            raise OSError(str(error)) from error

    def check(self) -> None:
        """Fail if redis does not answer, and say why."""
        self.count()
