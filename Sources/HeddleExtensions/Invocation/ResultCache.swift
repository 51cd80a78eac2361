package import HeddleCache
import HeddleMCP
import HeddleModel
import HeddleTelemetry
import JSON
import Synchronization

/// Results of calls that change nothing, kept for calls that ask the same.
///
/// What is kept belongs to a tenant, a principal, a version of an extension, a tool and parameters; a call that may change
/// something makes everything forgotten that its extension's tools answered before it ended. Callers that ask the same at the
/// same time share one call.
package final class ResultCache: Sendable {
    /// How much is kept, and for how long.
    package struct Configuration: Sendable, Hashable {
        package var entries = 5_000
        package var bytes = 64 << 20
        /// For tools that the manifest declares.
        package var ttl = Duration.seconds(3600)
        /// For tools of which only their own description says that they change nothing: what they look at may change all the
        /// same, and nobody who wrote the manifest thought about it.
        package var annotatedTTL = Duration.seconds(60)

        package init() {}
    }

    /// A result in the cache.
    private final class Kept: CachedObject {
        let outcome: MCPOutcome

        init(_ outcome: MCPOutcome) {
            self.outcome = outcome
        }
    }

    /// What a call needs to be kept: the moment from which what changes makes it worthless.
    private struct Beginning {
        let generation: UInt64
        let writes: Int
    }

    private let cache: MemoryCache<Kept>
    private let flights = SingleFlight<Landing>(maximumWaiters: 100_000)
    private let configuration: Mutex<Configuration>

    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = Mutex(configuration)
        cache = MemoryCache(CacheLimits(entries: configuration.entries, bytes: configuration.bytes))
    }

    /// Goes on with other bounds; what is kept keeps its time.
    package func configure(_ new: Configuration) {
        let old = configuration.withLock { current in
            defer { current = new }
            return current
        }
        guard old != new else { return }
        cache.resize(CacheLimits(entries: new.entries, bytes: new.bytes))
    }

    package var statistics: CacheStatistics { cache.statistics }

    /// Forgets everything.
    package func removeAll() { cache.removeAll() }

    /// Forgets what the tools of an extension answered.
    package func forget(_ entry: RegistryEntry) { forget(entry.pool.results) }

    /// Forgets what the tools of an extension answered, in whatever version.
    func forget(_ scope: ResultScope) {
        // In this order, so that who sees no write has its result removed.
        scope.noteWrite()
        cache.remove(tag: scope.tag)
    }

    /// Drops what is out of date.
    package func removeExpired(now: ContinuousClock.Instant) { cache.removeExpired(now: now, limit: 10_000) }

    static func missing(_ target: InvocationService.Target) -> HeddleError {
        HeddleError(
            .notCached,
            "no result of '\(target.tool.name)' is kept for these parameters",
            details: ["extension": target.entry.registered.name.rawValue, "capability": target.tool.name]
        )
    }

    // MARK: Calls

    /// Answers a call from what is kept, or makes it; the closure that is returned gives it up.
    func start(
        _ order: CallRun.Order,
        _ target: InvocationService.Target,
        _ service: InvocationService,
        _ completion: @escaping CallRun.Completion
    ) -> @Sendable () -> Void {
        let request = order.request
        if request.cache == .bypass { return service.run(order, target, completion) }
        let hasher = hasher(order, target)
        let key = ownKey(hasher, order, target)
        if request.cache != .refresh, let answer = find(key, hasher, order, target) {
            target.runtime.statistics.looked(answer.isStale ? .stale : .hit, now: .now)
            if answer.isStale { refresh(key, order, target, service) }
            completion(.success(answer))
            return {}
        }
        guard request.cache != .onlyIfCached else {
            completion(.failure(Self.missing(target)))
            return {}
        }
        guard request.cache != .refresh, request.progress == nil else {
            let beginning = begin(target)
            return service.run(order, target) { [self] result in
                completion(keep(result, beginning, order, target))
            }
        }
        let waiter = FlightWaiter(self, order, target, service, completion)
        join(waiter, key)
        return { waiter.cancel() }
    }

    private func begin(_ target: InvocationService.Target) -> Beginning {
        let writes = target.entry.pool.results.use()
        return Beginning(generation: cache.generation(), writes: writes)
    }

    private func find(
        _ key: CacheKey,
        _ hasher: CacheKey.Hasher,
        _ order: CallRun.Order,
        _ target: InvocationService.Target
    ) -> InvocationService.Answer? {
        let now = ContinuousClock.now
        var found = cache.lookup(key, now: now)
        if case .miss = found, target.runtime.hasSharedResults { found = cache.lookup(sharedKey(hasher), now: now) }
        let (kept, left): (Kept, Duration?)
        switch found {
        case .miss: return nil
        case .fresh(let value, let remaining): (kept, left) = (value, remaining)
        case .stale(let value, _): (kept, left) = (value, nil)
        }
        var answer = InvocationService.Answer(
            executionID: ExecutionID(),
            capability: target.tool.name,
            elapsed: now - order.span.start,
            outcome: kept.outcome,
            attempts: 0
        )
        answer.isCached = true
        answer.isStale = left == nil
        answer.timeToLive = left ?? .zero
        if order.request.wantsTrace {
            answer.trace = CallTrace(since: order.span.start)
            answer.trace?.step("cache", now: now)
        }
        return answer
    }

    /// Fetches a new result for the next ones who ask, unless somebody does so already; nobody waits for it.
    private func refresh(
        _ key: CacheKey,
        _ order: CallRun.Order,
        _ target: InvocationService.Target,
        _ service: InvocationService
    ) {
        guard let ticket = flights.lead(key, waiter: { _ in }) else { return }
        var request = order.request
        request.progress = nil
        let background = CallRun.Order(
            caller: order.caller,
            request: request,
            span: InvocationService.Span(order.caller, request),
            isRepeatable: order.isRepeatable
        )
        lead(ticket, background, target, service)
    }

    /// Joins the call that others make already, or makes it.
    private func join(_ waiter: FlightWaiter, _ key: CacheKey) {
        let (order, target, service) = (waiter.order, waiter.target, waiter.service)
        do {
            switch try flights.join(key, waiter: { waiter.landed($0) }) {
            case .follows(let ticket):
                target.runtime.statistics.looked(.hit, now: .now)
                waiter.waits(with: ticket, leads: false)
            case .leads(let ticket):
                target.runtime.statistics.looked(.miss, now: .now)
                waiter.waits(with: ticket, leads: true)
                lead(ticket, order, target, service)
            }
        } catch {
            waiter.tell(
                .failure(
                    HeddleError(
                        .overloaded,
                        "\(error.limit) callers wait for the same result already",
                        details: ["limit": "waiters", "value": String(error.limit), "retry_after_ms": "1000"]
                    )
                )
            )
        }
    }

    /// Makes the call that all who joined it wait for.
    private func lead(
        _ ticket: FlightTicket,
        _ order: CallRun.Order,
        _ target: InvocationService.Target,
        _ service: InvocationService
    ) {
        let beginning = begin(target)
        let cancel = service.run(order, target) { [self] result in
            flights.finish(ticket, .success(Landing(keep(result, beginning, order, target), of: order)))
        }
        flights.started(ticket, cancel: cancel)
    }

    func joinAgain(_ waiter: FlightWaiter) {
        let (order, target) = (waiter.order, waiter.target)
        join(waiter, ownKey(hasher(order, target), order, target))
    }

    func leave(_ ticket: FlightTicket) { flights.leave(ticket) }

    // MARK: Keeping

    private func keep(
        _ result: Result<InvocationService.Answer, any Error>,
        _ beginning: Beginning,
        _ order: CallRun.Order,
        _ target: InvocationService.Target
    ) -> Result<InvocationService.Answer, any Error> {
        guard case .success(var answer) = result, let caching = target.policy.caching else { return result }
        let scope = target.entry.pool.results
        var generation = beginning.generation
        if !target.policy.isReadOnly {
            // Its own end has made all else forgotten; it is kept when nothing else changed anything meanwhile. A later
            // write comes after the generation that is taken before the question.
            generation = cache.generation()
            guard scope.writes == beginning.writes + 1 else { return result }
        }
        if answer.isPrivate, target.isSharedInTenant {
            // It was asked for under a key that others of the tenant have too.
            target.runtime.notePrivateResults()
            return result
        }
        guard let ttl = timeToLive(answer, order.request, caching, scope), ttl > .zero else { return result }
        let hasher = hasher(order, target)
        var key = ownKey(hasher, order, target)
        if answer.cacheScope == "public" {
            target.runtime.noteSharedResults()
            key = sharedKey(hasher)
        }
        let isKept = cache.insert(
            key,
            Kept(answer.outcome),
            bytes: answer.outcome.footprint,
            ttl: ttl,
            stale: caching.stale,
            tags: [scope.tag],
            generation: generation,
            now: .now
        )
        if isKept { answer.timeToLive = ttl }
        return .success(answer)
    }

    /// How long an answer is kept; nil for one that is not.
    private func timeToLive(
        _ answer: InvocationService.Answer,
        _ request: InvocationService.Request,
        _ caching: CallPolicy.Caching,
        _ scope: ResultScope
    ) -> Duration? {
        guard !answer.isFailure else { return caching.errors > .zero ? caching.errors : nil }
        let configuration = configuration.withLock(\.self)
        let standard = caching.isShort ? configuration.annotatedTTL : configuration.ttl
        var wanted = request.cacheTTL ?? caching.ttl ?? standard
        // A call that was given up may still change something, and nobody will tell.
        if scope.hasOpenWrites { wanted = min(wanted, configuration.annotatedTTL) }
        // What the extension itself says of this result is the most that holds.
        guard case .result(let view) = answer.outcome, let limit = view["ttlMs"]?.integer else { return wanted }
        return min(wanted, .milliseconds(max(0, limit)))
    }

    // MARK: Keys

    private func hasher(_ order: CallRun.Order, _ target: InvocationService.Target) -> CacheKey.Hasher {
        var hasher = CacheKey.Hasher()
        hasher.combine(order.caller.tenant.rawValue)
        hasher.combine(target.entry.pool.number)
        hasher.combine(target.tool.name)
        hasher.combine(target.session(of: order) ?? "")
        var canonical: [UInt8] = []
        order.request.parameters?.appendCanonical(to: &canonical)
        hasher.combine(canonical)
        return hasher
    }

    private func ownKey(
        _ hasher: CacheKey.Hasher,
        _ order: CallRun.Order,
        _ target: InvocationService.Target
    ) -> CacheKey {
        var hasher = hasher
        hasher.combine(target.isSharedInTenant ? "" : order.caller.principal)
        return hasher.finalize()
    }

    /// For results that the extension allows everybody of the tenant to see.
    private func sharedKey(_ hasher: CacheKey.Hasher) -> CacheKey {
        var hasher = hasher
        hasher.combine("\0shared")
        return hasher.finalize()
    }
}

extension InvocationService.Target {
    /// Whether principals share results: the manifest allows it, and no result said that it is private.
    fileprivate var isSharedInTenant: Bool { policy.caching?.isSharedInTenant == true && !runtime.hasPrivateResults }
}

extension InvocationService.Answer {
    /// Who may see the result, in the extension's own words (MCP 2026-07-28).
    fileprivate var cacheScope: String? {
        guard case .result(let view) = outcome else { return nil }
        return view["cacheScope"]?.string
    }

    /// Whether nobody but its caller may see the result, even where the manifest has the tenant share results.
    var isPrivate: Bool { cacheScope == "private" }
}

extension MCPOutcome {
    /// About how much memory it takes: a result holds the whole message that it came in.
    fileprivate var footprint: Int {
        switch self {
        case .result(let view): view.document.bytes.count + view.document.tape.count * 16 + 256
        case .failure(let failure): failure.message.utf8.count + (failure.data?.document.bytes.count ?? 0) + 256
        }
    }
}
