import Crypto
import HeddleModel
import HeddleSecurity
import HeddleStore
import JSON
import Synchronization

/// Remembers what requests with an `Idempotency-Key` were answered, so that the same key gets the same answer for a day
/// (draft-ietf-httpapi-idempotency-key-header).
///
/// A key is noted durably before its request is worked on and with the answer after it. What a server that was killed in
/// between leaves behind is in doubt: nobody can tell whether it was done, and the client is told so rather than the
/// request done twice.
final class IdempotencyKeys: Sendable {
    /// An answer that is kept.
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
    }

    /// What a key leads to.
    private enum Claim: Sendable {
        /// The request is to be worked on now.
        case new
        case known(Answer)
        case refused(HeddleError)
    }

    private static let seconds = 86_400
    private static let mostBodyBytes = 8 << 20
    /// Keys of a tenant that are kept at once, and the bytes of their answers; beyond them new keys are refused.
    private let mostKeys: Int64
    private static let mostBytes: Int64 = 512 << 20
    /// How many requests with a key come between two looks at those bounds.
    private static let requestsBetweenLooks = 256

    private let store: HeddleStore
    private let clock: any WallClock
    private let requests = Atomic<Int>(0)
    private let isFull = Atomic<Bool>(false)
    /// Tells what this server began from what an earlier one did.
    private let server = InstanceID().rawValue

    init(store: HeddleStore, clock: any WallClock, mostKeys: Int64 = 100_000) {
        self.mostKeys = mostKeys
        self.store = store
        self.clock = clock
    }

    /// Answers a request once for each key.
    ///
    /// - Parameters:
    ///   - key: What the header says.
    ///   - caller: Keys of different principals have nothing to do with each other.
    ///   - operation: What is asked for, such as a path.
    ///   - body: The request's body; the form it is written in makes no difference.
    ///   - work: Does what is asked; what it throws was not done, unless the error says that nobody knows.
    /// - Returns: The answer and whether it was given before.
    /// - Throws: ``HeddleError`` with `invalidRequest`, `idempotencyKeyReused`, `idempotencyKeyInUse`, `idempotencyInDoubt`,
    ///   `tooManyRequests`, or what the work throws.
    func answer(
        _ key: String,
        _ caller: Caller,
        operation: String,
        body: JSONView,
        work: () async throws -> Answer
    ) async throws -> (answer: Answer, isReplay: Bool) {
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw HeddleError(
                .invalidRequest,
                "'Idempotency-Key' is 1 to 255 printable characters without blanks",
                details: ["field": "Idempotency-Key"]
            )
        }
        var canonical = Array(operation.utf8) + [0]
        body.appendCanonical(to: &canonical)
        let fingerprint = SHA256.hash(data: canonical).hexadecimal
        switch try await claim(key, caller, fingerprint) {
        case .known(let answer): return (answer, true)
        case .refused(let error): throw error
        case .new: break
        }
        let answer: Answer
        do {
            answer = try await work()
        } catch {
            // A request that nobody knows the end of is in doubt from now on; all others may come again. When neither can be
            // noted, the key stays in use, and is in doubt with the next start.
            if Self.isInDoubt(error) {
                try? await update("in_doubt = 1", [], key, caller)
            } else {
                try? await forget(key, caller)
            }
            throw error
        }
        do {
            try await keep(answer, key, caller)
        } catch {
            // It was done, and who asked is told; when it is asked for again, nobody knows any more. When not even that can
            // be noted, the key stays in use, and is in doubt with the next start.
            try? await update("in_doubt = 1", [], key, caller)
        }
        return (answer, false)
    }

    private static func isInDoubt(_ error: any Error) -> Bool {
        // What never left the server was not done.
        if (error as? HeddleError)?.details["sent"] == "false" { return false }
        switch (error as? HeddleError)?.code {
        case .deadlineExceeded, .extensionCrashed, .extensionProtocol, .cancelled, .databaseInDoubt, .internalError,
            nil:
            return true
        default: return false
        }
    }

    // MARK: Rows

    private func claim(_ key: String, _ caller: Caller, _ fingerprint: String) async throws -> Claim {
        let now = Int64(clock.now.milliseconds)
        let count = requests.add(1, ordering: .relaxed).oldValue
        let isLookDue = count % Self.requestsBetweenLooks == 0 || isFull.load(ordering: .relaxed)
        return try await store.write { [self] tx in
            _ = try tx.execute(
                "DELETE FROM idempotency_key WHERE tenant_id = $1 AND created_at < $2",
                [.text(caller.tenant.rawValue), .integer(now - Int64(Self.seconds) * 1000)]
            )
            let names: [StoreValue] = [.text(caller.tenant.rawValue), .text(caller.principal), .text(key)]
            let rows = try tx.query(
                "SELECT * FROM idempotency_key WHERE tenant_id = $1 AND principal = $2 AND idempotency_key = $3",
                names
            )
            if let row = rows.first { return try Self.claim(row, fingerprint, server) }
            if isLookDue {
                let hasRoom = try hasRoom(caller.tenant, tx)
                isFull.store(!hasRoom, ordering: .relaxed)
                guard hasRoom else { return .refused(Self.full) }
            }
            _ = try tx.execute(
                """
                INSERT INTO idempotency_key (tenant_id, principal, idempotency_key, fingerprint, server, created_at)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                names + [.text(fingerprint), .text(server), .integer(now)]
            )
            return .new
        }
    }

    /// Whether another key may be kept.
    private func hasRoom(_ tenant: TenantID, _ tx: borrowing WriteTransaction) throws -> Bool {
        let rows = try tx.query(
            """
            SELECT COUNT(*) AS keys, COALESCE(SUM(LENGTH(body)), 0) AS bytes FROM idempotency_key
            WHERE tenant_id = $1
            """,
            [.text(tenant.rawValue)]
        )
        guard let row = rows.first else { return true }
        return try row.integer("keys") < mostKeys && row.integer("bytes") < Self.mostBytes
    }

    private static let full = HeddleError(
        .tooManyRequests,
        "as many answers as are kept for their 'Idempotency-Key' are kept already; each goes after a day",
        details: ["limit": "idempotency_keys", "retry_after_ms": "60000"]
    )

    private static func claim(_ row: Row, _ fingerprint: String, _ server: String) throws(HeddleError) -> Claim {
        guard try row.text("fingerprint") == fingerprint else {
            return .refused(
                HeddleError(.idempotencyKeyReused, "the 'Idempotency-Key' belongs to another request than this one")
            )
        }
        if let status = try row.integerIfPresent("status") {
            return .known(Answer(status: Int(status), body: try row.blob("body")))
        }
        guard try row.text("server") == server, try !row.boolean("in_doubt") else {
            return .refused(
                HeddleError(
                    .idempotencyInDoubt,
                    "the request of this 'Idempotency-Key' was begun and has no answer; whether it was done is not known"
                )
            )
        }
        return .refused(
            HeddleError(
                .idempotencyKeyInUse,
                "the request of this 'Idempotency-Key' is still being worked on",
                details: ["retry_after_ms": "1000"]
            )
        )
    }

    private func keep(_ answer: Answer, _ key: String, _ caller: Caller) async throws {
        // One too large to be kept is in doubt afterwards rather than done again.
        let isKept = answer.body.count <= Self.mostBodyBytes
        try await update(
            isKept ? "status = $4, body = $5" : "in_doubt = 1",
            isKept ? [.integer(Int64(answer.status)), .blob(answer.body)] : [],
            key,
            caller
        )
    }

    private func update(_ change: String, _ values: [StoreValue], _ key: String, _ caller: Caller) async throws {
        let names: [StoreValue] = [.text(caller.tenant.rawValue), .text(caller.principal), .text(key)]
        _ = try await store.write { tx in
            try tx.execute(
                "UPDATE idempotency_key SET \(change) WHERE tenant_id = $1 AND principal = $2 AND idempotency_key = $3",
                names + values
            )
        }
    }

    private func forget(_ key: String, _ caller: Caller) async throws {
        let names: [StoreValue] = [.text(caller.tenant.rawValue), .text(caller.principal), .text(key)]
        _ = try await store.write { tx in
            try tx.execute(
                "DELETE FROM idempotency_key WHERE tenant_id = $1 AND principal = $2 AND idempotency_key = $3",
                names
            )
        }
    }
}

/// The table of the keys.
enum IdempotencyMigrations {
    static let all = [
        Migration(
            name: "0005_idempotency",
            sqlite: """
                CREATE TABLE idempotency_key (
                    tenant_id TEXT NOT NULL,
                    principal TEXT NOT NULL,
                    idempotency_key TEXT NOT NULL,
                    fingerprint TEXT NOT NULL,
                    server TEXT NOT NULL,
                    in_doubt INTEGER NOT NULL DEFAULT 0,
                    status INTEGER,
                    body BLOB,
                    created_at INTEGER NOT NULL,
                    PRIMARY KEY (tenant_id, principal, idempotency_key)
                ) STRICT;
                CREATE INDEX idempotency_key_age ON idempotency_key (tenant_id, created_at);
                """,
            postgres: """
                CREATE TABLE idempotency_key (
                    tenant_id TEXT COLLATE "C" NOT NULL,
                    principal TEXT COLLATE "C" NOT NULL,
                    idempotency_key TEXT COLLATE "C" NOT NULL,
                    fingerprint TEXT COLLATE "C" NOT NULL,
                    server TEXT COLLATE "C" NOT NULL,
                    in_doubt BIGINT NOT NULL DEFAULT 0,
                    status BIGINT,
                    body BYTEA,
                    created_at BIGINT NOT NULL,
                    PRIMARY KEY (tenant_id, principal, idempotency_key)
                );
                CREATE INDEX idempotency_key_age ON idempotency_key (tenant_id, created_at);
                """
        )
    ]
}
