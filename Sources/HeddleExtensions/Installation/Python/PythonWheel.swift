/// A ready-made wheel that an installation needs.
struct PythonWheel: Sendable, Hashable {
    /// The distribution as the index knows it.
    let distribution: String
    let version: String
    /// What it has to be; nil when the index did not say, so that it is known when it was fetched.
    var digest: PackageDigest?
    /// The name of its file; nil when only the store or the index knows it.
    var file: WheelName?
    /// Where it is when no index has it: another distribution names this address.
    var address: String?

    /// What pip is told to fetch or to install.
    var requirement: String {
        (address.map { "\(distribution) @ \($0)" } ?? "\(distribution)==\(version)")
            + (digest.map { " --hash=sha256:\($0.hex)" } ?? "") + "\n"
    }
}
