import HeddleModel
import JSON

/// What pip says it installed, or would install (its `--report`).
struct PipReport: Sendable {
    /// One distribution and the archive it comes from.
    struct Distribution: Sendable, Hashable {
        let name: String
        let version: String
        let sha256: PackageDigest?
        let url: String
        /// Whether a requirement names the address, rather than an index.
        let isDirect: Bool

        var normalizedName: String { PythonRequirement.normalized(name) }
    }

    let distributions: [Distribution]

    /// Reads the report; nil when it has another form.
    init?(_ bytes: [UInt8]) {
        guard let report = try? JSONValue(parsing: bytes), let installed = report["install"]?.array else { return nil }
        distributions = installed.compactMap { entry in
            guard let name = entry["metadata"]?["name"]?.string, let version = entry["metadata"]?["version"]?.string,
                PythonLock.isPlain(name), PythonLock.isPlain(version)
            else { return nil }
            let archive = entry["download_info"]?["archive_info"]
            let legacy = archive?["hash"]?.string
            let hash = archive?["hashes"]?["sha256"]?.string ?? legacy.map { String($0.trimmingPrefix("sha256=")) }
            return Distribution(
                name: name,
                version: version,
                sha256: hash.flatMap { PackageDigest(.sha256, hex: $0) },
                url: entry["download_info"]?["url"]?.string ?? "",
                isDirect: entry["is_direct"]?.bool ?? false
            )
        }
        guard distributions.count == installed.count else { return nil }
    }

    /// The wheels that would be installed.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed` that names a distribution which is no wheel, or says that there are too
    ///   many.
    func wheels() throws(HeddleError) -> [PythonWheel] {
        guard distributions.count <= PythonLock.mostWheels else {
            throw HeddleError(
                .installationFailed,
                "\(distributions.count) distributions would be installed; at most \(PythonLock.mostWheels) are"
            )
        }
        var wheels: [PythonWheel] = []
        for distribution in distributions {
            guard let file = WheelName(url: distribution.url), file.distribution == distribution.normalizedName else {
                throw HeddleError(
                    .installationFailed,
                    "'\(distribution.name)' comes from a file that is no wheel of it, unless building is allowed",
                    details: ["distribution": distribution.name, "url": distribution.url.clipped(256)]
                )
            }
            // What stands behind a blank would be an option of pip.
            let isAddress = distribution.url.utf8.allSatisfy { 0x21...0x7E ~= $0 }
            guard !distribution.isDirect || isAddress, !wheels.contains(where: { $0.distribution == file.distribution })
            else {
                throw HeddleError(.installationFailed, "'\(distribution.name)' is named twice or without an address")
            }
            wheels.append(
                PythonWheel(
                    distribution: file.distribution,
                    version: distribution.version,
                    digest: distribution.sha256,
                    file: file,
                    address: distribution.isDirect ? distribution.url : nil
                )
            )
        }
        return wheels
    }

    /// Requirements that repeat the installation; without a hash for what was built or has none.
    var lock: String {
        distributions.sorted { $0.normalizedName < $1.normalizedName }
            .map { PythonWheel(distribution: $0.normalizedName, version: $0.version, digest: $0.sha256).requirement }
            .joined()
    }
}
