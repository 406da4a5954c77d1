import { Redis } from "ioredis";

/** How long redis may take for a request, in milliseconds. */
const redisTimeout = 2000;
/** The longest pause between two attempts to reach it. */
const longestPause = 1000;

/** A counter that lives in redis, where every replica of the app finds it. */
export class RedisVisits {
  #address;
  #key;
  #redis;
  #trouble = "no connection to redis yet";

  /** Waits for no connection: redis may come later than the app, and go and come back. */
  constructor(address, key, password) {
    const [, host, port] = /^\[?([^[\]]+)\]?:(\d+)$/.exec(address) ?? [];
    if (!host) throw new Error(`REDIS_ADDRESS is not host:port: ${JSON.stringify(address)}`);
    this.#address = address;
    this.#key = key;
    this.#redis = new Redis({
      host,
      port: Number(port),
      password,
      connectTimeout: redisTimeout,
      commandTimeout: redisTimeout,
      disconnectTimeout: 100, // for a redis that does not answer a goodbye either
      retryStrategy: (attempt) => Math.min(attempt * 100, longestPause),
      // A visit that cannot be counted now is answered now, and not sent later.
      enableOfflineQueue: false,
      // An INCR whose answer is lost may have been carried out: sent again, the visit would count twice.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    });
    this.#redis.on("error", (error) => (this.#trouble = error.message || error.code));
    this.#redis.on("ready", () => (this.#trouble = "the connection to redis was lost"));
  }

  toString() {
    return `counting visits in redis at ${this.#address}, key ${JSON.stringify(this.#key)}`;
  }

  /** The visits so far, of all replicas. */
  async count() {
    const text = await this.#ask((redis) => redis.get(this.#key));
    const count = Number(text ?? 0);
    if (!Number.isSafeInteger(count))
      throw new Error(`${this.#key} holds no number of visits: ${JSON.stringify(text)}`);
    return count;
  }

  /** Counts one visit and returns the new count, which redis has acknowledged. When it fails, it may have counted. */
  add() {
    return this.#ask((redis) => redis.incr(this.#key));
  }

  /** Fails if redis does not answer, and says why. */
  async check() {
    await this.count();
  }

  close() {
    this.#redis.disconnect();
  }

  async #ask(question) {
    if (this.#redis.status !== "ready") throw new Error(this.#trouble);
    try {
      return await question(this.#redis);
    } catch (error) {
      if (error.name === "ReplyError") throw error;
      // Still there, and yet no answer in time: a new connection shall not wait behind what this one was asked.
      if (this.#redis.status === "ready") this.#redis.disconnect(true);
      throw new Error(this.#redis.status === "ready" ? error.message : this.#trouble, { cause: error });
    }
  }
}
