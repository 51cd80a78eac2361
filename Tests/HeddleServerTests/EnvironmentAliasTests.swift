import HeddleModel
import Testing

@testable import HeddleServer

@Suite("Other names in the environment")
struct EnvironmentAliasTests {
    /// The real settings, one of which has names of other programs too.
    private let options = ConfigurationOption.all.map { option in
        var option = option
        if option.key == "shutdown.grace_seconds" {
            option.aliases = [EnvironmentAlias("GRACE_MS", scale: .divided(by: 1000)), "GRACE"]
        }
        if option.key == "store.batch.max_delay_ms" {
            option.aliases = [EnvironmentAlias("DELAY_SECONDS", scale: .times(1000))]
        }
        return option
    }

    private func load(_ environment: [String: String]) throws -> ServerConfiguration {
        try ServerConfiguration.load(
            ConfigurationLayers(file: nil, environment: environment, flags: [:]),
            options: options
        )
    }

    @Test(
        "are taken in the setting's unit, and never give less than was asked for",
        arguments: [
            ("GRACE_MS", "3000", "3"), ("GRACE_MS", "1", "1"), ("GRACE_MS", "7001", "8"), ("GRACE", "7", "7"),
            ("GRACE_MS", "0", "0"), ("GRACE_MS", "2.5e3", "3"),
        ]
    )
    func units(_ name: String, _ text: String, _ value: String) throws {
        let setting = try load([name: text]).settings["shutdown.grace_seconds"]
        #expect(setting == .init(value: value, source: .environment, origin: name))
    }

    @Test("are taken with parts of their unit")
    func parts() throws {
        #expect(try load(["DELAY_SECONDS": "0.25"]).text("store.batch.max_delay_ms") == "250")
    }

    @Test("give way to the names of Heddle, and the first of them wins")
    func order() throws {
        let all = ["HEDDLE_SHUTDOWN_GRACE_SECONDS": "1", "GRACE_MS": "2000", "GRACE": "3"]
        #expect(try load(all).settings["shutdown.grace_seconds"]?.origin == "HEDDLE_SHUTDOWN_GRACE_SECONDS")
        #expect(try load(["GRACE_MS": "2000", "GRACE": "3"]).text("shutdown.grace_seconds") == "2")
        #expect(try load(["GRACE_MS": "", "GRACE": "3"]).text("shutdown.grace_seconds") == "3")
        #expect(try load(["HEDDLE_HTTP_PORT": "1", "HEDDLE_PORT": "2"]).text("http.port") == "1")
        #expect(try load(["HEDDLE_PORT": "2"]).settings["http.port"]?.origin == "HEDDLE_PORT")
        // What is not used is not judged either.
        #expect(try load(all.merging(["GRACE_MS": "soon"]) { $1 }).text("shutdown.grace_seconds") == "1")
    }

    @Test("are named when their value is wrong", arguments: ["soon", "-1", "1e300", "nan", "601000"])
    func refusals(_ text: String) {
        let error = #expect(throws: HeddleError.self) { try load(["GRACE_MS": text]) }
        #expect(error?.violations.map(\.path) == ["GRACE_MS"])
    }

    @Test("of features that are not there yet are neither taken nor refused, but known")
    func unused() throws {
        let set = ["EXTENSION_CACHE_SIZE_MB": "x", "REDIS_HOST": "r", "DB_PASSWORD": "", "SOMETHING_ELSE": "1"]
        let configuration = try load(set)
        #expect(configuration.unusedVariables.map(\.name) == ["EXTENSION_CACHE_SIZE_MB", "REDIS_HOST"])
        #expect(configuration.entries.allSatisfy { $0.source == .standard })
    }

    @Test("mean one thing each")
    func unique() {
        let names =
            ConfigurationOption.all.flatMap { [$0.variable] + $0.aliases.map(\.name) }
            + EnvironmentAlias.unused.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(EnvironmentAlias.unused.allSatisfy { !$0.name.hasPrefix("HEDDLE_") })
    }
}
