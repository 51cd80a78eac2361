import Glibc

/// The part of the host's system that every confined process sees, found once.
struct SystemLayout: Sendable {
    /// bwrap arguments for `/usr`, its aliases and the few files of `/etc` that are no secret.
    let arguments: [String]
    /// Places that are mounts, so that everything below them exists already.
    let mounts: [String]
    /// Directories and links that the arguments make.
    let places: Set<String>

    /// Looks at the host.
    init() {
        var arguments = ["--ro-bind", "/usr", "/usr", "--perms", "0755", "--dir", "/etc"]
        var mounts = ["/usr"]
        var places: Set = ["/", "/usr", "/etc", "/tmp", "/data"]
        for alias in ["/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32"] {
            guard let path = try? HostPath(following: alias) else { continue }
            if let link = path.links.first {
                arguments += ["--symlink", link.target, alias]
            } else {
                arguments += ["--ro-bind", alias, alias]
                mounts.append(alias)
            }
            places.insert(alias)
        }
        arguments += ["--perms", "0755", "--dir", "/etc/ssl"]
        places.insert("/etc/ssl")
        // The private keys of /etc/ssl stay outside.
        let files = [
            "/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ca-certificates",
            "/etc/localtime",
        ]
        for file in files where access(file, F_OK) == 0 {
            arguments += ["--ro-bind", file, file]
            mounts.append(file)
        }
        self.arguments = arguments
        self.mounts = mounts
        self.places = places
    }
}
