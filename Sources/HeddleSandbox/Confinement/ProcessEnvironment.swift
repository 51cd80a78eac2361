import HeddleModel

/// A policy's variables, parted by when they may take effect.
///
/// bwrap, prlimit and setpriv run before the process is confined, some of them as root: a variable that makes the
/// loader or the C library open a file would run an extension's code there. Such variables are set by `env`, last.
struct ProcessEnvironment: Sendable {
    /// `NAME=value`, passed as the environment from the start and so never on a command line.
    let early: [String]
    /// `NAME=value` for `env`; these show on its command line, and are paths and switches, not secrets.
    let late: [String]

    /// Parts the variables.
    ///
    /// - Throws: `startFailed` when a name or a value cannot be one.
    init(_ variables: [String: String]) throws(HeddleError) {
        var early: [String] = []
        var late: [String] = []
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            guard !name.isEmpty, !name.utf8.contains(0x3D), !name.utf8.contains(0), !value.utf8.contains(0) else {
                throw HeddleError(.startFailed, "an environment variable has an impossible name or value")
            }
            if Self.steersLibraries(name) { late.append("\(name)=\(value)") } else { early.append("\(name)=\(value)") }
        }
        self.early = early
        self.late = late
    }

    /// The names that glibc itself drops for set-user-id programs, and gettext's.
    private static func steersLibraries(_ name: String) -> Bool {
        let prefixes = ["LD_", "MALLOC_", "GLIBC_", "GCONV_"]
        let names: Set = [
            "GETCONF_DIR", "HOSTALIASES", "LANGUAGE", "LOCALDOMAIN", "LOCPATH", "NIS_PATH", "NLSPATH",
            "OUTPUT_CHARSET", "RESOLV_HOST_CONF", "RES_OPTIONS", "TEXTDOMAIN", "TEXTDOMAINDIR", "TZDIR",
        ]
        return names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }
}
