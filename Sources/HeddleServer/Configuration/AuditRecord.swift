package import HeddleModel
package import JSON

/// One line of the audit log: who changed which settings, when, from what to what, and what came of it.
package struct AuditRecord: Sendable {
    /// A setting with its old and its new value, neither of which shows a secret.
    package struct Change: Sendable, Hashable {
        /// What became of a change.
        package enum Outcome: String, Sendable, CaseIterable {
            /// The server that runs has it.
            case applied
            /// The server that runs has it after its next start.
            case needsRestart = "needs_restart"
            /// The file has it.
            case saved
            /// Nobody has it: see the record's error.
            case refused
        }

        package let key: String
        package let old: String
        package let new: String
        package var outcome: Outcome
    }

    /// The person of the system, or the principal of the server.
    package let principal: String
    /// `commandLine`, `rest` or `signal`.
    package let origin: String
    package var requestID: RequestID?
    /// `config.set`, `config.unset` or `config.reload`.
    package let action: String
    package var file: String?
    package var changes: [Change] = []
    /// Why nothing was changed.
    package var error: HeddleError?

    private static let longest = 1000

    package init(
        principal: String,
        origin: String,
        requestID: RequestID? = nil,
        action: String,
        file: String?
    ) {
        self.principal = principal
        self.origin = origin
        self.requestID = requestID
        self.action = action
        self.file = file
    }

    /// `done`, `unchanged` or `refused`.
    var result: String { error != nil ? "refused" : changes.isEmpty ? "unchanged" : "done" }

    /// The line as JSON.
    func json(at time: Timestamp) -> JSONValue {
        var members: [JSONObject.Member] = [
            .init(name: "time", value: .string(time.description)), .init(name: "action", value: .string(action)),
            .init(name: "principal", value: .string(principal)), .init(name: "origin", value: .string(origin)),
        ]
        if let requestID { members.append(.init(name: "request_id", value: .string(requestID.rawValue))) }
        if let file { members.append(.init(name: "file", value: .string(file))) }
        members.append(.init(name: "result", value: .string(result)))
        members.append(.init(name: "changes", value: .array(changes.map(\.json))))
        if let error {
            members.append(
                .init(
                    name: "error",
                    value: [
                        "code": .string(error.code.rawValue), "message": .string(error.message.clipped(Self.longest)),
                    ]
                )
            )
        }
        return .object(JSONObject(members: members))
    }
}

extension AuditRecord.Change {
    package init(_ option: ConfigurationOption, from old: String, to new: String, _ outcome: Outcome) {
        key = option.key
        self.old = SecretMask.shown(old, of: option).clipped(500)
        self.new = SecretMask.shown(new, of: option).clipped(500)
        self.outcome = outcome
    }

    /// The change as programs read it.
    package var json: JSONValue {
        ["key": .string(key), "old": .string(old), "new": .string(new), "result": .string(outcome.rawValue)]
    }
}
