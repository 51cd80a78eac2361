import CPostgres
import HeddleModel
import Logging

/// Where a database is and how it is connected to: a URL with what Heddle adds to it.
///
/// It has the password and therefore no description.
struct PostgresAddress: Sendable {
    /// How the server proves who it is, from the weakest.
    enum Verification: String, Sendable, CaseIterable {
        case disable, allow, prefer, require
        case verifyAuthority = "verify-ca"
        case verifyFull = "verify-full"
    }

    /// Debian's list of the authorities it trusts; libpq 15 does not look for the system's by itself.
    private static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"
    private static let localDirectory = "/var/run/postgresql"

    /// What libpq is given.
    let parameters: [String: String]
    /// The mode, whether it was asked for or not.
    let verification: Verification
    /// Whether every server that the URL names is on this machine.
    let isLocal: Bool

    /// Reads a URL.
    ///
    /// - Parameters:
    ///   - url: What libpq calls a connection URI.
    ///   - password: The password, for a URL without one.
    ///   - needsPrimary: Whether only a server that takes writes will do.
    ///   - setting: The name of the setting, for errors.
    /// - Throws: ``HeddleError`` with `.invalidConfiguration`.
    init(
        url: String,
        password: String?,
        needsPrimary: Bool,
        setting: String = "database.url"
    ) throws(HeddleError) {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://"), var parameters = Self.parse(url) else {
            throw Self.refusal(setting, "is not a URL of the form postgres://user:password@host:port/database")
        }
        guard parameters["service"] == nil else {
            throw Self.refusal(setting, "names a service; name the host instead")
        }
        // A password whose signs are not escaped ends up in these, and they are told to people.
        guard !["host", "hostaddr", "dbname"].contains(where: { parameters[$0]?.contains("@") == true }),
            (parameters["port"] ?? "").split(separator: ",").allSatisfy(Self.isPort)
        else {
            throw Self.refusal(
                setting,
                "has a host, port or database that is none; write '@', ':' and '/' in a password as %40, %3A and %2F"
            )
        }
        let hosts = parameters["hostaddr"] ?? parameters["host"] ?? Self.localDirectory
        if parameters["hostaddr"] == nil { parameters["host"] = hosts }
        let isLocal = hosts.split(separator: ",", omittingEmptySubsequences: false).allSatisfy(Self.isLocal)
        let mode = parameters["sslmode"] ?? (isLocal ? "prefer" : "verify-full")
        guard let verification = Verification(rawValue: mode) else {
            throw Self.refusal(setting, "has an unknown sslmode")
        }
        parameters["sslmode"] = mode
        if parameters["sslrootcert"] == nil, verification == .verifyAuthority || verification == .verifyFull {
            parameters["sslrootcert"] = Self.systemAuthorities
        }
        if parameters["password"] == nil, let password { parameters["password"] = password }
        if needsPrimary, parameters["target_session_attrs"] == nil { parameters["target_session_attrs"] = "read-write" }
        parameters["client_encoding"] = "UTF8"
        parameters["fallback_application_name"] = "heddle"
        // A peer that is gone without a word is noticed; the threads would wait for it otherwise.
        parameters["keepalives_idle"] = parameters["keepalives_idle"] ?? "10"
        parameters["keepalives_interval"] = parameters["keepalives_interval"] ?? "5"
        parameters["keepalives_count"] = parameters["keepalives_count"] ?? "3"
        parameters["tcp_user_timeout"] = parameters["tcp_user_timeout"] ?? "15000"
        self.parameters = parameters
        self.verification = verification
        self.isLocal = isLocal
    }

    /// Whether somebody between here and the server could read or change what is said.
    var isWeak: Bool {
        !isLocal && verification != .verifyFull
    }

    /// Where the server is, for people: neither user nor password.
    var place: String {
        let hosts = parameters["host"] ?? parameters["hostaddr"] ?? ""
        return "\(hosts):\(parameters["port"] ?? "5432")/\(parameters["dbname"] ?? "")"
    }

    /// Says so in the log when the URL asks for less than a verified connection to another machine.
    func warnIfWeak(_ logger: Logger) {
        guard isWeak else { return }
        logger.warning(
            "the connection to the database does not verify whom it reaches",
            metadata: ["place": "\(place)", "sslmode": "\(verification.rawValue)"]
        )
    }

    /// What the URL says, without the defaults of libpq and its environment.
    private static func parse(_ url: String) -> [String: String]? {
        guard let options = PQconninfoParse(url, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var parameters: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return parameters
    }

    /// Whether a host of the URL is a socket's directory or a loopback address.
    private static func isLocal(_ host: Substring) -> Bool {
        host.isEmpty || host.hasPrefix("/") || host == "localhost" || host == "::1"
            || isLoopback(host)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } && UInt16(text) != nil
    }

    private static func isLoopback(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func refusal(_ setting: String, _ fault: String) -> HeddleError {
        HeddleError(.invalidConfiguration, "'\(setting)' \(fault)", details: ["key": setting])
    }
}
