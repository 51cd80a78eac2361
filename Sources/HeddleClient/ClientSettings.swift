import Glibc
package import HeddleModel

/// Which server the command line talks to and with which token, from options, the environment and the data directory.
package struct ClientSettings: Sendable {
    /// The address when none is given.
    package static let defaultServer = "http://127.0.0.1:7433"

    package let server: ServerAddress
    package let dataDirectory: String
    /// The token of the option or the environment; nil for the data directory's own.
    package let givenToken: String?

    /// Resolves options against an environment; nothing is read from disk yet.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when the server's address is malformed.
    package init(
        server: String? = nil,
        token: String? = nil,
        dataDirectory: String? = nil,
        environment: [String: String]
    ) throws(HeddleError) {
        func variable(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        self.server = try ServerAddress(server ?? variable("HEDDLE_SERVER") ?? Self.defaultServer)
        givenToken = token ?? variable("HEDDLE_TOKEN")
        let directory =
            dataDirectory ?? variable("HEDDLE_DATA_DIR")
            ?? (variable("HOME") ?? Self.homeDirectory) + "/.local/share/heddle"
        self.dataDirectory = AbsolutePath.resolve(directory)
    }

    /// Where a server of this data directory writes its token.
    package var tokenFile: String { dataDirectory + "/token" }

    /// The token: an option, then `HEDDLE_TOKEN`, then the data directory's file; empty when there is none.
    package func token() -> String {
        if let givenToken { return givenToken }
        guard let bytes = try? FileBytes.read(tokenFile, limit: 64 << 10) else { return "" }
        let isSpace: (UInt8) -> Bool = { $0 <= 0x20 }
        return String(decoding: bytes.prefix { !isSpace($0) }, as: UTF8.self)
    }

    /// Explains a refusal to somebody who sent no token at all.
    package func explained(_ error: HeddleError) -> HeddleError {
        guard error.code == .unauthenticated else { return error }
        let hint =
            token().isEmpty
            ? "no token was found in --token, HEDDLE_TOKEN or \(tokenFile)"
            : "the token is the one of \(givenToken == nil ? tokenFile : "--token or HEDDLE_TOKEN")"
        return HeddleError(error.code, "\(error.message); \(hint)", details: error.details, cause: error.cause)
    }

    private static var homeDirectory: String {
        guard let entry = getpwuid(getuid()), let path = entry.pointee.pw_dir else { return "/root" }
        return String(cString: path)
    }
}
