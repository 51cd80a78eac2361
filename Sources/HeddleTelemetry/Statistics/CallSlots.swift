/// What was counted in each of the last twelve stretches of five minutes and the last twenty-four hours.
///
/// Only the stretch that has begun is written to; when it is over it is kept and added to its hour. A stretch in which nothing
/// happened takes no memory.
struct CallSlots: Sendable {
    struct Slot: Sendable {
        var number: Int
        var totals = CallTotals()
        var latency = CoarseHistogram()
        var waits: UInt64 = 0
        var waited: UInt64 = 0
        var longestWait: UInt64 = 0

        mutating func wait(_ nanoseconds: UInt64) {
            waits &+= 1
            waited &+= nanoseconds
            if nanoseconds > longestWait { longestWait = nanoseconds }
        }

        mutating func merge(_ other: Slot) {
            totals.merge(other.totals)
            latency.merge(other.latency)
            waits &+= other.waits
            waited &+= other.waited
            longestWait = max(longestWait, other.longestWait)
        }
    }

    static let stretch = Duration.seconds(300)
    static let stretchesPerHour = 12
    static let hours = 24

    private let origin: Moment
    /// The end of ``current``; compared with the time instead of dividing it.
    private var end: Moment
    private(set) var current = Slot(number: 0)
    /// Stretches that are over.
    private var stretches: [Slot] = []
    /// Hours, of which the last may not be over yet.
    private var hours: [Slot] = []

    /// Slots that begin now.
    init(now: Moment) {
        origin = now
        end = now + Self.stretch
    }

    /// Changes the stretch of a moment.
    @inline(__always)
    mutating func update(_ now: Moment, _ change: (inout Slot) -> Void) {
        if now >= end { advance(to: now) }
        change(&current)
    }

    @inline(never)
    private mutating func advance(to now: Moment) {
        let number = number(now)
        var hour = current
        hour.number = current.number / Self.stretchesPerHour
        if hours.last?.number == hour.number {
            hours[hours.count - 1].merge(hour)
        } else {
            Self.append(hour, to: &hours, after: number / Self.stretchesPerHour - Self.hours)
        }
        Self.append(current, to: &stretches, after: number - Self.stretchesPerHour)
        current = Slot(number: number)
        end = origin + Self.stretch * (number + 1)
    }

    /// Appends a slot where those up to a number are not wanted any more; a new array has no room to spare.
    private static func append(_ slot: Slot, to slots: inout [Slot], after oldest: Int) {
        var kept: [Slot] = []
        kept.reserveCapacity(slots.count + 1)
        for known in slots where known.number > oldest { kept.append(known) }
        if slot.number > oldest { kept.append(slot) }
        slots = kept
    }

    private func number(_ now: Moment) -> Int { max(current.number, Int((now - origin) / Self.stretch)) }

    /// The stretches of the last hour, the oldest first.
    func stretches(_ now: Moment) -> [(start: Moment, slot: Slot)] {
        let oldest = number(now) - Self.stretchesPerHour
        return (stretches + [current]).filter { $0.number > oldest }.map { (origin + Self.stretch * $0.number, $0) }
    }

    /// The hours of the last day, the oldest first.
    func hours(_ now: Moment) -> [(start: Moment, slot: Slot)] {
        var all = hours
        var begun = current
        begun.number /= Self.stretchesPerHour
        if all.last?.number == begun.number { all[all.count - 1].merge(begun) } else { all.append(begun) }
        let oldest = number(now) / Self.stretchesPerHour - Self.hours
        return all.filter { $0.number > oldest }
            .map { (origin + Self.stretch * (Self.stretchesPerHour * $0.number), $0) }
    }

    var bytes: Int {
        let slots = stretches + hours
        return (stretches.capacity + hours.capacity) * MemoryLayout<Slot>.stride
            + slots.reduce(current.latency.bytes) { $0 + $1.latency.bytes }
    }
}
