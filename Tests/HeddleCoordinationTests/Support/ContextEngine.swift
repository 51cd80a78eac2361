import HeddleModel
import HeddleStore
import HeddleTestSupport
import JSON
import Logging
import Synchronization
import Testing

@testable import HeddleCoordination

/// The engines that contexts are kept in; every test of their rules runs on each.
enum ContextEngine: String, CaseIterable, CustomTestStringConvertible {
    case sqlite
    case postgres

    static var allCases: [ContextEngine] { PostgresServer.isExpected ? [.sqlite, .postgres] : [.sqlite] }

    var testDescription: String { rawValue }

    /// Opens a store and a service on it, hands them to the test, and closes them whatever happens.
    func withContexts(
        cached: Bool = true,
        _ body: (ContextFixture) async throws -> Void
    ) async throws {
        let store =
            switch self {
            case .sqlite: try HeddleStore.temporary(migrations: ContextMigrations.all)
            case .postgres:
                try await HeddleStore.open(
                    url: PostgresServer.shared().makeDatabase(),
                    configuration: HeddleStore.Configuration(),
                    migrations: ContextMigrations.all,
                    logger: ContextFixture.logger
                )
            }
        do {
            try await body(ContextFixture(store, isCached: cached))
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

/// A service of contexts, and a clock that goes when it is told to.
struct ContextFixture: Sendable {
    static let logger = Logger(label: "heddle.contexts") { _ in SwiftLogNoOpLogHandler() }

    let store: HeddleStore
    let contexts: ContextService
    let clock = HandClock()
    let caller = Caller(tenant: .local, principal: "ann", scopes: ["*"], origin: .rest)

    init(_ store: HeddleStore, isCached: Bool) {
        self.store = store
        contexts = ContextService(
            store: store,
            cache: ContextCache(ContextCache.Limits(isEnabled: isCached)),
            clock: clock,
            logger: Self.logger
        )
    }

    /// The attributes that a body says, without those it leaves out.
    func attributes(_ body: String = #"{"name":"Alpha","type":"collaborative"}"#) throws -> ContextAttributes {
        try ContextAttributes(
            JSONFields(parsing: Array(body.utf8), as: ContextAttributes.schema, code: .invalidRequest, "no context"),
            ownedBy: caller.principal
        )
    }

    func create(_ body: String = #"{"name":"Alpha","type":"collaborative"}"#) async throws -> Context {
        try await contexts.create(caller, attributes(body))
    }

    func joining(_ agents: String..., body: String = "") throws -> [ContextService.Joining] {
        try agents.map { agent in
            let text = #"{"agent_id":"\#(agent)"\#(body)}"#
            return try ContextService.Joining(
                JSONFields(parsing: Array(text.utf8), as: ParticipantAttributes.schema, code: .invalidRequest, "none")
            )
        }
    }

    func fields(_ text: String) throws -> JSONFields {
        try JSONFields(parsing: Array(text.utf8), code: .invalidRequest)
    }

    /// A context as clients see it, from the cache when it is there.
    func seen(_ id: Context.ID) async throws -> JSONValue {
        try JSONValue(parsing: await contexts.get(caller, id).answer.bytes)
    }

    /// The kinds of a context's events, the oldest first.
    func events(_ id: Context.ID) async throws -> [String] {
        let page = try JSONValue(parsing: await contexts.events(caller, id, after: 0, limit: 100))
        return page["items"]?.array?.compactMap { $0["type"]?.string } ?? []
    }

    /// The members of a page's items.
    func items(_ page: [UInt8], _ member: String) throws -> [String] {
        try JSONValue(parsing: page)["items"]?.array?.compactMap { $0[member]?.string } ?? []
    }
}

/// A time of day that stands still until it is moved, also back.
final class HandClock: WallClock {
    private let milliseconds = Mutex(1_800_000_000_000)

    var now: Timestamp { Timestamp(milliseconds: milliseconds.withLock(\.self)) }

    func advance(_ seconds: Int) { milliseconds.withLock { $0 += seconds * 1000 } }
}

/// Asks for an error of Heddle with a code.
func expect(
    _ code: HeddleError.Code,
    _ location: SourceLocation = #_sourceLocation,
    from body: () async throws -> Void
) async -> HeddleError? {
    do {
        try await body()
        Issue.record("no error was thrown", sourceLocation: location)
    } catch let error as HeddleError {
        #expect(error.code == code, sourceLocation: location)
        return error
    } catch {
        Issue.record(error, sourceLocation: location)
    }
    return nil
}
