/**
 * Latencies, counted in buckets that grow by one per cent: any number of them in little memory, and
 * every percentile within one per cent of the truth.
 */
const growth = Math.log(1.01)
const lowestMs = 0.001

export class Histogram {
  #counts = new Uint32Array(2400)
  #sumMs = 0
  count = 0
  maxMs = 0

  record(ms) {
    const bucket = ms <= lowestMs ? 0 : Math.ceil(Math.log(ms / lowestMs) / growth)
    this.#counts[Math.min(bucket, this.#counts.length - 1)]++
    this.count++
    this.#sumMs += ms
    if (ms > this.maxMs) this.maxMs = ms
  }

  percentile(percent) {
    if (this.count === 0) return Number.NaN
    const rank = Math.ceil((percent / 100) * this.count)
    let seen = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket]
      if (seen >= rank) return Math.min(lowestMs * Math.exp(bucket * growth), this.maxMs)
    }
    return this.maxMs
  }

  summary() {
    return {
      count: this.count,
      meanMs: this.#sumMs / this.count,
      p50Ms: this.percentile(50),
      p90Ms: this.percentile(90),
      p99Ms: this.percentile(99),
      p999Ms: this.percentile(99.9),
      maxMs: this.maxMs,
    }
  }
}

/** The same of latencies that somebody else measured, in milliseconds. */
export function summaryOf(latenciesMs) {
  const histogram = new Histogram()
  for (const ms of latenciesMs) histogram.record(ms)
  return histogram.summary()
}
