import HeddleModel
import HeddleResilience
import Synchronization

/// The bounds on what one client and one tenant may call: at once, and in a second.
///
/// Nobody waits here: who has too much under way is told to come back, so that one client's calls do not fill the queues
/// of the extensions.
package final class CallLimits: Sendable {
    /// What is allowed; 0 bounds nothing.
    package struct Configuration: Sendable, Hashable {
        /// Calls of one client at once.
        package var clientCalls = 0
        /// Calls of one tenant at once.
        package var tenantCalls = 0
        /// Calls of one client in a second.
        package var clientRate = 0
        /// Calls of one tenant in a second.
        package var tenantRate = 0

        package init() {}

        var boundsNothing: Bool { clientCalls == 0 && tenantCalls == 0 && clientRate == 0 && tenantRate == 0 }
    }

    /// Who is counted.
    fileprivate enum Party: Hashable {
        case tenant(TenantID)
        case client(TenantID, String)
    }

    fileprivate struct Account {
        var underWay = 0
        var bucket: TokenBucket?
    }

    /// The place of one call, given back when it ends.
    struct Lease: Sendable {
        fileprivate let limits: CallLimits
        fileprivate let parties: [Party]

        func end() { limits.leave(parties) }
    }

    fileprivate struct State {
        var configuration: Configuration
        var accounts: [Party: Account] = [:]
    }

    private let state: Mutex<State>
    private let isOff: Atomic<Bool>

    package init(_ configuration: Configuration = Configuration()) {
        state = Mutex(State(configuration: configuration))
        isOff = Atomic(configuration.boundsNothing)
    }

    /// Goes on with other bounds; buckets begin anew.
    package func configure(_ configuration: Configuration) {
        isOff.store(configuration.boundsNothing, ordering: .relaxed)
        state.withLock { state in
            guard state.configuration != configuration else { return }
            state.configuration = configuration
            for party in state.accounts.keys { state.accounts[party]?.bucket = nil }
        }
    }

    /// Lets a call in; nil when nothing is bounded.
    ///
    /// - Throws: ``HeddleError`` with `tooManyRequests` or `rateLimited`, which says when to come back.
    func enter(_ caller: Caller, now: ContinuousClock.Instant) throws(HeddleError) -> Lease? {
        guard !isOff.load(ordering: .relaxed) else { return nil }
        let parties = [Party.tenant(caller.tenant), .client(caller.tenant, caller.principal)]
        return try state.withLock { state throws(HeddleError) in
            try state.checkRoom(parties)
            try state.takeTokens(parties, now)
            for party in parties { state.accounts[party, default: Account()].underWay += 1 }
            return Lease(limits: self, parties: parties)
        }
    }

    private func leave(_ parties: [Party]) {
        state.withLock { state in
            for party in parties {
                state.accounts[party]?.underWay -= 1
                // Its bucket would be full again by the next call, or has to be remembered.
                if let account = state.accounts[party], account.underWay == 0, account.bucket == nil {
                    state.accounts[party] = nil
                }
            }
            state.forgetIdle(now: .now)
        }
    }
}

extension CallLimits.State {
    fileprivate mutating func checkRoom(_ parties: [CallLimits.Party]) throws(HeddleError) {
        for party in parties {
            let (limit, name) =
                party.isTenant ? (configuration.tenantCalls, "tenant") : (configuration.clientCalls, "client")
            guard limit > 0, accounts[party]?.underWay ?? 0 >= limit else { continue }
            throw HeddleError(
                .tooManyRequests,
                "the \(name) has \(limit) calls under way already",
                details: ["limit": "\(name)_calls", "value": String(limit), "retry_after_ms": "1000"]
            )
        }
    }

    /// Takes from all buckets or from none.
    fileprivate mutating func takeTokens(
        _ parties: [CallLimits.Party],
        _ now: ContinuousClock.Instant
    ) throws(HeddleError) {
        var taken: [(CallLimits.Party, TokenBucket)] = []
        for party in parties {
            let (rate, name) =
                party.isTenant ? (configuration.tenantRate, "tenant") : (configuration.clientRate, "client")
            guard rate > 0 else { continue }
            var bucket = accounts[party]?.bucket ?? TokenBucket(.init(perSecond: rate, burst: rate), now: now)
            switch bucket.take(1, now: now) {
            case .taken: taken.append((party, bucket))
            case .wait(let time): throw Self.tooFast(name, rate, time)
            // A bucket holds a second's worth, of which one is always a part.
            case .never: throw Self.tooFast(name, rate, .seconds(1))
            }
        }
        for (party, bucket) in taken { accounts[party, default: CallLimits.Account()].bucket = bucket }
    }

    private static func tooFast(_ name: String, _ rate: Int, _ wait: Duration) -> HeddleError {
        HeddleError(
            .rateLimited,
            "the \(name) makes more than \(rate) calls a second",
            details: ["limit": "\(name)_rate", "value": String(rate), "retry_after_ms": wait.milliseconds]
        )
    }

    /// Keeps the memory bounded when many clients came once.
    fileprivate mutating func forgetIdle(now: ContinuousClock.Instant) {
        guard accounts.count > 10_000 else { return }
        accounts = accounts.filter { party, account in
            var bucket = account.bucket
            let rate = party.isTenant ? configuration.tenantRate : configuration.clientRate
            return account.underWay > 0 || (bucket?.available(now: now) ?? rate) < rate
        }
    }
}

extension CallLimits.Party {
    fileprivate var isTenant: Bool {
        if case .tenant = self { true } else { false }
    }
}
