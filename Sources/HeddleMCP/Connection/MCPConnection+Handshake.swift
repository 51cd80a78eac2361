import HeddleModel
import JSON

/// Who answered, and how it wants to be spoken to.
package struct MCPGreeting: Sendable {
    package let revision: MCPRevision
    package let abilities: MCPAbilities
    /// What the server says of its use, for models.
    package let instructions: String?

    init(_ revision: MCPRevision, _ result: JSONView) {
        self.revision = revision
        abilities = MCPAbilities(result["capabilities"])
        instructions = result["instructions"]?.string?.clipped(16_384)
    }

    package var era: MCPEra { revision.era }
}

extension MCPConnection {
    /// Finds out the era of a server: the modern probe first, `initialize` after any other answer or none.
    ///
    /// An era that is remembered from an earlier start saves the probe.
    ///
    /// - Throws: ``HeddleError`` with `extensionCrashed` when the process ends, `deadlineExceeded` when it stays silent,
    ///   `extensionProtocol` when it speaks no revision that we know, `extensionRefused` when it says no.
    package func greet(remembered: MCPEra?, timeout: Duration) async throws -> MCPGreeting {
        let end = ContinuousClock.now + timeout
        if remembered != .legacy, let greeting = try await probe(timeout: min(limits.probe, timeout / 2)) {
            return greeting
        }
        let left = end - ContinuousClock.now
        guard left > .zero else {
            throw HeddleError(.deadlineExceeded, "the extension did not answer the greeting in time")
        }
        return try await initialize(timeout: left)
    }

    /// The modern greeting; nil when the answer, or its absence, says that the server is a legacy one.
    private func probe(timeout: Duration) async throws -> MCPGreeting? {
        let outcome: MCPOutcome
        do {
            outcome = try await request("server/discover", era: .modern, timeout: timeout)
        } catch let error as HeddleError where error.code == .deadlineExceeded {
            return nil
        }
        switch outcome {
        case .result(let result):
            let versions = result["supportedVersions"]?.elements.compactMap(\.string) ?? []
            guard let revision = Self.best(versions) else {
                throw HeddleError(
                    .extensionProtocol,
                    "the extension speaks no revision of MCP that Heddle knows",
                    details: ["supported": versions.prefix(8).map { $0.clipped(32) }.joined(separator: ", ")]
                )
            }
            guard revision.era == .modern else { return nil }
            return MCPGreeting(revision, result)
        case .failure(let failure):
            guard MCPErrorCode.modernOnly.contains(failure.code) else { return nil }
            let supported = failure.data?["supported"]?.elements.compactMap(\.string) ?? []
            if supported.contains(MCPRevision.latest.rawValue) || supported.isEmpty {
                throw HeddleError(
                    .extensionRefused,
                    "the extension refused the greeting: \(failure.message.clipped(200))"
                )
            }
            return nil
        }
    }

    private static func best(_ versions: [String]) -> MCPRevision? {
        versions.compactMap(MCPRevision.init(rawValue:)).max()
    }

    private func initialize(timeout: Duration) async throws -> MCPGreeting {
        let params: JSONValue = [
            "protocolVersion": .string(MCPRevision.latestLegacy.rawValue),
            "capabilities": ["roots": ["listChanged": false], "sampling": [:], "elicitation": [:]],
            "clientInfo": ["name": "heddle", "version": .string(HeddleVersion.current)],
        ]
        let members = Array(params.bytes.dropFirst().dropLast())
        switch try await request("initialize", params: members, era: .legacy, timeout: timeout) {
        case .failure(let failure):
            throw HeddleError(.extensionRefused, "the extension refused the greeting: \(failure.message.clipped(200))")
        case .result(let result):
            let version = result["protocolVersion"]?.string ?? ""
            guard let revision = MCPRevision(rawValue: version), revision.era == .legacy else {
                throw HeddleError(
                    .extensionProtocol,
                    "the extension speaks MCP '\(version.clipped(32))', which Heddle does not know"
                )
            }
            notify("notifications/initialized")
            return MCPGreeting(revision, result)
        }
    }

    /// Asks for an answer of any kind, also an error: whoever gives one is alive.
    ///
    /// - Throws: ``HeddleError`` with `deadlineExceeded`, `cancelled` or `extensionCrashed`.
    package func awaitAnswer(era: MCPEra, timeout: Duration) async throws {
        // The modern protocol has no `ping` (MCP 2026-07-28).
        _ = try await request(era == .modern ? "server/discover" : "ping", era: era, timeout: timeout)
    }
}
