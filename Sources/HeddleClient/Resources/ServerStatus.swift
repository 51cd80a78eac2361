package import JSON

/// How a server is doing.
package struct ServerStatus: ServerResource {
    package let json: JSONValue
    package let version: String
    package let processID: Int?
    package let uptimeMilliseconds: Int
    package let dataDirectory: String
    package let address: String
    /// The database: its engine and where it is.
    package let database: (engine: String, place: String)
    package let activeExtensions: Int
    package let totalExtensions: Int
    package let instances: Int
    package let totalCalls: Int
    package let failedCalls: Int
    package let callsInFlight: Int

    /// Reads the answer of `GET /status`.
    package init(_ json: JSONValue) {
        self.json = json
        version = json["version"]?.string ?? ""
        processID = json["pid"]?.integer
        uptimeMilliseconds = json["uptime_ms"]?.integer ?? 0
        dataDirectory = json["data_directory"]?.string ?? ""
        address = json["address"]?.string ?? ""
        database = (json["database"]?["engine"]?.string ?? "", json["database"]?["place"]?.string ?? "")
        activeExtensions = json["extensions"]?["active"]?.integer ?? 0
        totalExtensions = json["extensions"]?["total"]?.integer ?? 0
        instances = json["instances"]?.integer ?? 0
        totalCalls = json["calls"]?["total"]?.integer ?? 0
        failedCalls = json["calls"]?["failed"]?.integer ?? 0
        callsInFlight = json["calls"]?["in_flight"]?.integer ?? 0
    }
}
