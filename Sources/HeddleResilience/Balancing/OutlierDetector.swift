/// Takes instances that fail again and again out of a pool for a while, long before a breaker closes the extension to all.
///
/// Never more than a share of the instances and never the last one: when others are removed, those nearest to their return
/// come back at once. Calls that began before an instance returned say nothing about how it does now.
package struct OutlierDetector: Sendable {
    /// When an instance is taken out, and for how long.
    package struct Configuration: Sendable, Hashable {
        /// So many failures in a row.
        package var failures = 5
        /// How long the first time; the n-th time n times as long.
        package var ejection = Duration.seconds(30)
        /// Never longer.
        package var longestEjection = Duration.seconds(300)
        /// At most so many of a hundred instances at once, and never all.
        package var maximumEjectedPercent = 50
        /// An instance that stayed in for so long counts as ejected one time less.
        package var forgiveness = Duration.seconds(300)

        /// The defaults.
        package init() {}
    }

    /// What the end of a call changed.
    package struct Change: Sendable, Hashable {
        /// Their time out is over.
        package var returned: [UInt64] = []
        /// The instance is out for so long.
        package var ejectedFor: Duration?
    }

    struct Instance: Sendable {
        let id: UInt64
        var failures = 0
        var timesEjected = 0
        /// When its last ejection ends or ended.
        var returnsAt: Moment?
        var isEjected = false
    }

    private let configuration: Configuration
    /// A pool is small: looking through it is faster than a table.
    private(set) var instances: [Instance] = []
    private(set) var ejected = 0

    /// A detector that knows no instance.
    package init(_ configuration: Configuration = Configuration()) {
        var copy = configuration
        copy.failures = max(copy.failures, 1)
        copy.ejection = min(max(copy.ejection, .zero), .seconds(86_400))
        copy.longestEjection = min(max(copy.longestEjection, .zero), .seconds(86_400))
        copy.maximumEjectedPercent = min(max(copy.maximumEjectedPercent, 0), 100)
        copy.forgiveness = max(copy.forgiveness, .milliseconds(1))
        self.configuration = copy
    }

    /// The instances it knows.
    package var count: Int { instances.count }

    /// Takes an instance in; one that is known stays as it is.
    package mutating func add(_ id: UInt64) {
        guard index(id) == nil else { return }
        instances.append(Instance(id: id))
    }

    /// Forgets an instance that ended; those that come back because fewer may be out now.
    package mutating func remove(_ id: UInt64, now: ContinuousClock.Instant) -> [UInt64] {
        guard let index = index(id) else { return [] }
        if instances[index].isEjected { ejected -= 1 }
        instances.remove(at: index)
        let now = Moment(now)
        var back = release(now)
        while ejected > allowed, let next = nextToReturn {
            back.append(instances[next].id)
            comeBack(next, at: now)
        }
        return back
    }

    /// Notes a call that an instance answered or failed to; one that was cancelled or never sent is not noted.
    package mutating func record(
        _ id: UInt64,
        succeeded: Bool,
        began: ContinuousClock.Instant,
        now: ContinuousClock.Instant
    ) -> Change {
        let moment = Moment(now)
        var change = Change(returned: release(moment))
        guard let index = index(id) else { return change }
        // While it is out that is in the future, so nothing counts then.
        if let end = instances[index].returnsAt, Moment(began) < end { return change }
        guard !succeeded else {
            instances[index].failures = 0
            return change
        }
        instances[index].failures += 1
        guard instances[index].failures >= configuration.failures, ejected < allowed else { return change }
        change.ejectedFor = eject(index, now: moment)
        return change
    }

    /// Whether an instance is out at a moment.
    package func isEjected(_ id: UInt64, now: ContinuousClock.Instant) -> Bool {
        guard let index = index(id), instances[index].isEjected, let end = instances[index].returnsAt else {
            return false
        }
        return Moment(now) < end
    }

    /// Those whose time out is over, told once.
    package mutating func release(now: ContinuousClock.Instant) -> [UInt64] {
        release(Moment(now))
    }

    private mutating func release(_ now: Moment) -> [UInt64] {
        guard ejected > 0 else { return [] }
        var back: [UInt64] = []
        for index in instances.indices where instances[index].isEjected {
            guard let end = instances[index].returnsAt, end <= now else { continue }
            back.append(instances[index].id)
            comeBack(index, at: end)
        }
        return back
    }

    /// When ``release(now:)`` is due, if it is.
    package var nextReturn: ContinuousClock.Instant? { nextToReturn.flatMap { instances[$0].returnsAt?.instant } }

    /// The instances out at a moment.
    package func ejectedCount(now: ContinuousClock.Instant) -> Int {
        instances.count { isEjected($0.id, now: now) }
    }
}

extension OutlierDetector {
    /// So many may be out at once.
    private var allowed: Int {
        max(0, min(instances.count * configuration.maximumEjectedPercent / 100, instances.count - 1))
    }

    private var nextToReturn: Int? {
        var best: Int?
        for index in instances.indices where instances[index].isEjected {
            guard let end = instances[index].returnsAt else { continue }
            if let known = best.flatMap({ instances[$0].returnsAt }), known <= end { continue }
            best = index
        }
        return best
    }

    private func index(_ id: UInt64) -> Int? { instances.firstIndex { $0.id == id } }

    private mutating func eject(_ index: Int, now: Moment) -> Duration {
        if let end = instances[index].returnsAt, now > end {
            let forgiven = Int((now - end) / configuration.forgiveness)
            instances[index].timesEjected = max(0, instances[index].timesEjected - forgiven)
        }
        instances[index].timesEjected = min(instances[index].timesEjected + 1, 1_000_000)
        let time = min(configuration.ejection * instances[index].timesEjected, configuration.longestEjection)
        instances[index].failures = 0
        instances[index].returnsAt = now + time
        instances[index].isEjected = true
        ejected += 1
        return time
    }

    /// Takes an instance back in; calls that began before that moment do not count for it any more.
    private mutating func comeBack(_ index: Int, at moment: Moment) {
        instances[index].isEjected = false
        instances[index].returnsAt = moment
        ejected -= 1
    }
}
