import JSON

/// `docs/configuration.md`: every setting as the schema and the table of options describe it.
package enum ConfigurationDocument {
    /// Everything that is kept to be quicker the next time, and why as much as that.
    private static let caches = """
        ## Caches

        | what is kept | where | entries | bytes | time to live | the figures come from |
        |---|---|---|---|---|---|
        | results of calls | memory | `cache.results.max_entries` 5,000 | `cache.results.max_mb` 64 MB | `cache.results.ttl_seconds` 1 h; 60 s for what is only annotated | the extension guide's 5,000 results and 1 h |
        | contexts, pages of lists, statistics | memory | `cache.contexts.max_entries` 10,000 | `cache.contexts.max_mb` 64 MB | `cache.contexts.ttl_seconds` 30 min | the context guide's 30 min and 10,000 active contexts; its own 1,000 entries for 5 min would not hold them |
        | prepared statements | memory, each connection | 512 | | until another takes the place | more than there are statements |
        | answers to `Idempotency-Key` | database | 100,000 a tenant | 512 MB a tenant, 8 MB each | 24 h | the day that keys hold |
        | files of PyPI and npm | disk | | `packages.store_mb` 4 GB | until others need the room | a hundred installations |

        Entries and bytes both bound a cache; what was of no use for longest goes first, expired entries before others. A write
        makes forgotten what it changed once it is durable, before it is acknowledged.
        """

    /// The document, which is committed as it is made.
    package static var markdown: String {
        var text = """
            # Configuration

            Made by `heddle config docs`; change `ConfigurationOption.swift` and run `heddle config docs > docs/configuration.md`.

            Defaults give way to the file (`--config FILE` or `HEDDLE_CONFIG`), the file to the environment, the environment to
            options of the command line. The file is JSON when its name ends in `.json`, else YAML, of at most \(ConfigurationFile.largest >> 20) MB; a key
            `http.port` is `port` in the section `http`. Unknown keys and wrong values stop the start, all of them named at once.
            `heddle schema show configuration` prints the schema of the file.

            | key | type | default | reload | description |
            |---|---|---|---|---|

            """
        for option in ConfigurationOption.all {
            let effect = option.effect == .reload ? "yes" : "restart"
            text +=
                "| `\(option.key)` | \(type(option)) | \(standard(option)) | \(effect) | \(cell(option.summary)) |\n"
        }
        text += """

            With `reload` *yes*, a server that runs takes a new value when it is asked to: `heddle config reload`, SIGHUP, or
            `POST /api/v1/configuration/reload`. The others wait for its next start, and the answer names them. A file with a
            fault changes nothing. The environment and the command line of a process cannot change, so only the file is new.

            \(caches)

            ## Names in the environment and on the command line

            | key | environment | also | option of `heddle serve` |
            |---|---|---|---|

            """
        for option in ConfigurationOption.all {
            let aliases = option.aliases.map { "`\($0.name)`\(unit($0))" }.joined(separator: ", ")
            let flag = option.flag.map { "`\($0)`" } ?? ""
            text += "| `\(option.key)` | `\(option.variable)` | \(aliases) | \(flag) |\n"
        }
        text += """

            Elements of a list are separated by commas. The first name wins over the others. A variable that begins with `HEDDLE_` and
            is none of these stops the start, except \(others).

            ### Names that are known and not used yet

            The features behind these names of other programs are not there yet. They are never taken for something else; at
            `log.level` debug a line says which of them are set.

            | environment | will configure |
            |---|---|

            """
        for purpose in purposes {
            let names = EnvironmentAlias.unused.filter { $0.purpose == purpose }.map { "`\($0.name)`" }
            text += "| \(names.joined(separator: ", ")) | \(purpose) |\n"
        }
        text += """

            ## Secrets and the audit log

            The value of a secret, and a password inside of a URL, is shown as `***` by every command, route and log. `heddle config
            set security.token -` reads it from standard input, where no other user sees it.

            Each `heddle config set` and each reload leaves a line in `audit.log` in the data directory (mode 0600, JSON): `time`,
            `action`, `principal`, `origin`, `result`, and `changes` with `key`, `old`, `new` and `result`. A file of 4 MB is kept as
            `audit.log.1`, up to \(AuditLog.kept) of them.

            """
        return text
    }

    private static var purposes: [String] {
        EnvironmentAlias.unused.reduce(into: []) { if !$0.contains($1.purpose) { $0.append($1.purpose) } }
    }

    private static var others: String {
        ServerConfiguration.otherVariables.sorted().map { "`\($0)`" }.joined(separator: ", ")
    }

    private static func type(_ option: ConfigurationOption) -> String {
        switch option.kind {
        case .text(.none): "text"
        case .text(.some(let (_, words))): cell(words)
        case .choice(let values): values.map { "`\($0)`" }.joined(separator: ", ")
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .list: "list of texts"
        }
    }

    private static func standard(_ option: ConfigurationOption) -> String {
        option.standard.isEmpty ? "" : "`\(option.standard)`"
    }

    private static func unit(_ alias: EnvironmentAlias) -> String {
        switch alias.scale {
        case .same: ""
        case .times(let factor): " (times \(factor))"
        case .divided(let divisor): " (divided by \(divisor))"
        }
    }

    private static func cell(_ text: String) -> String {
        text.replacing("|", with: "\\|")
    }
}
