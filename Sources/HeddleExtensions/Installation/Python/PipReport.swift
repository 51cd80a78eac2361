import HeddleModel
import JSON

/// What pip says it installed (its `--report`).
struct PipReport: Sendable {
    /// One distribution and the archive it came from.
    struct Distribution: Sendable, Hashable {
        let name: String
        let version: String
        let sha256: String?

        var normalizedName: String { PythonRequirement.normalized(name) }
    }

    let distributions: [Distribution]

    /// Reads the report; nil when it has another form.
    init?(_ bytes: [UInt8]) {
        guard let report = try? JSONValue(parsing: bytes), let installed = report["install"]?.array else { return nil }
        distributions = installed.compactMap { entry in
            guard let name = entry["metadata"]?["name"]?.string, let version = entry["metadata"]?["version"]?.string,
                Self.isPlain(name), Self.isPlain(version)
            else { return nil }
            let archive = entry["download_info"]?["archive_info"]
            let legacy = archive?["hash"]?.string
            let hash = archive?["hashes"]?["sha256"]?.string ?? legacy.map { String($0.trimmingPrefix("sha256=")) }
            return Distribution(name: name, version: version, sha256: hash.flatMap { Self.isDigest($0) ? $0 : nil })
        }
        guard distributions.count == installed.count else { return nil }
    }

    /// Requirements that repeat the installation exactly, one a line.
    var lock: String {
        distributions.sorted { $0.normalizedName < $1.normalizedName }
            .map { $0.normalizedName + "==" + $0.version + ($0.sha256.map { " --hash=sha256:" + $0 } ?? "") + "\n" }
            .joined()
    }

    /// Whether a text is a lock as ``lock`` writes it, with a hash on every line and nothing else that pip would obey.
    static func isLock(_ text: String) -> Bool {
        let lines = text.split(separator: "\n")
        return !lines.isEmpty && text.utf8.count <= 1 << 20
            && lines.allSatisfy { line in
                let words = line.split(separator: " ")
                guard words.count == 2, let separator = words[0].firstRange(of: "==") else { return false }
                return isPlain(String(words[0][..<separator.lowerBound]))
                    && isPlain(String(words[0][separator.upperBound...]))
                    && words[1].hasPrefix("--hash=sha256:") && isDigest(String(words[1].dropFirst(14)))
            }
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.first, first.isLetter || first.isNumber, text.utf8.count <= 256 else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.+!".contains($0)) }
    }

    private static func isDigest(_ text: String) -> Bool { text.utf8.count == 64 && text.allSatisfy(\.isHexDigit) }
}
