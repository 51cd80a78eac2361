package import JSON

/// What an operator lets an extension have, on top of nothing.
package struct Grants: Sendable, Hashable {
    /// Host paths it may read.
    package var read: [String]
    /// Host paths it may read and write.
    package var write: [String]
    package var network: NetworkGrant
    /// Environment variables with their values.
    package var environment: [String: String]
    /// Environment variables whose value is read from a file of the host at each start.
    package var secrets: [String: String]
    /// Where the process starts, as a host path that is also granted; nil for its own data directory.
    package var workingDirectory: String?
    package var level: SandboxLevel

    package init(
        read: [String] = [],
        write: [String] = [],
        network: NetworkGrant = .none,
        environment: [String: String] = [:],
        secrets: [String: String] = [:],
        workingDirectory: String? = nil,
        level: SandboxLevel = .process
    ) {
        self.read = read
        self.write = write
        self.network = network
        self.environment = environment
        self.secrets = secrets
        self.workingDirectory = workingDirectory
        self.level = level
    }
}

extension Grants {
    /// The wire form.
    package static let schema: OwnSchema = {
        let variable = Shape.matching("^[A-Za-z_][A-Za-z0-9_]{0,127}$", "the name of an environment variable")
        let host = Shape.matching(
            #"^([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]):"#
                + "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$",
            "\"host:port\", with brackets around an IPv6 address"
        )
        return OwnSchema(
            "Grants",
            Shape.object(optional: [
                "level": Shape.choice(SandboxLevel.self),
                "read": Shape.paths,
                "write": Shape.paths,
                "network": Shape.adding(["type": ["boolean", "array"]], to: Shape.list(host)),
                "environment": Shape.map(Shape.text, names: variable),
                "secrets": Shape.map(Shape.path, names: variable),
                "working_directory": Shape.path,
            ])
        )
    }()

    /// Reads the wire form.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields` when a member is of the wrong type.
    package init(_ fields: JSONFields) throws(HeddleError) {
        self.init(
            read: try fields.strings("read"),
            write: try fields.strings("write"),
            network: try NetworkGrant(fields),
            environment: try fields.stringMap("environment"),
            secrets: try fields.stringMap("secrets"),
            workingDirectory: try fields.stringIfPresent("working_directory"),
            level: try fields.choice("level", default: .process)
        )
    }

    /// The wire form; values of variables are shown only when asked for, since they may be secret.
    package func value(showingValues: Bool) -> JSONValue {
        func object(_ map: [String: String], _ shown: Bool) -> JSONValue {
            .object(
                JSONObject(
                    members: map.sorted { $0.key < $1.key }
                        .map { .init(name: $0.key, value: .string(shown ? $0.value : "***")) }
                )
            )
        }
        var result: JSONValue = [
            "level": .string(level.rawValue),
            "read": .array(read.map(JSONValue.string)),
            "write": .array(write.map(JSONValue.string)),
            "network": network.value,
            "environment": object(environment, showingValues),
            "secrets": object(secrets, true),
        ]
        if let workingDirectory, var members = result.object {
            members["working_directory"] = .string(workingDirectory)
            result = .object(members)
        }
        return result
    }
}

extension Grants {
    /// What a manifest asks for together with what an operator adds; the operator alone takes the sandbox away.
    package func union(_ other: Grants?) -> Grants {
        let other = other ?? Grants()
        return Grants(
            read: read + other.read.filter { !read.contains($0) },
            write: write + other.write.filter { !write.contains($0) },
            network: network.union(other.network),
            environment: environment.merging(other.environment) { _, added in added },
            secrets: secrets.merging(other.secrets) { _, added in added },
            workingDirectory: other.workingDirectory ?? workingDirectory,
            level: other.level
        )
    }
}

extension NetworkGrant {
    fileprivate func union(_ other: NetworkGrant) -> NetworkGrant {
        switch (self, other) {
        case (.publicInternet, _), (_, .publicInternet): .publicInternet
        case (.none, let grant), (let grant, .none): grant
        case (.hosts(let hosts), .hosts(let added)): .hosts(hosts + added.filter { !hosts.contains($0) })
        }
    }

    /// Reads `"network": false | true | ["host:port", …]`.
    init(_ fields: JSONFields) throws(HeddleError) {
        guard let view = fields.view("network"), !view.isNull else {
            self = .none
            return
        }
        if let isOpen = view.bool {
            self = isOpen ? .publicInternet : .none
            return
        }
        guard view.kind == .array else {
            throw fields.error("'network' is true, false or a list of \"host:port\"")
        }
        var hosts: [HostPort] = []
        for element in view.elements {
            guard let text = element.string, let host = HostPort(text) else {
                throw fields.error("'network' is true, false or a list of \"host:port\"")
            }
            hosts.append(host)
        }
        self = hosts.isEmpty ? .none : .hosts(hosts)
    }

    /// The wire form.
    package var value: JSONValue {
        switch self {
        case .none: false
        case .publicInternet: true
        case .hosts(let hosts): .array(hosts.map { .string($0.description) })
        }
    }
}

extension NetworkGrant.HostPort: CustomStringConvertible {
    /// Parses `host:port` or `[v6]:port`.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        let isAllowed = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E: true
            case 0x3A: isBracketed
            default: false
            }
        }
        guard (1...253).contains(host.utf8.count), isAllowed, host.contains(":") == isBracketed else { return nil }
        self.init(host: String(host), port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
