/// What is done with contexts, and what the source of Heddle's requirements and Heddle itself ask of it.
enum ContextOperation: String, CaseIterable {
    case create = "create_context"
    case get = "get_context"
    case update = "update_context"
    case delete = "delete_context"
    case list = "list_contexts"
    case join = "add_participant"
    case leave = "remove_participant"
    case change = "update_participant"
    case members = "list_participants"

    /// What the source's table says: milliseconds that so many of a hundred take, and operations each second.
    var source: (p50: Double, p95: Double, p99: Double, throughput: Double) {
        switch self {
        case .create: (25, 85, 150, 500)
        case .get: (8, 25, 45, 2000)
        case .update: (35, 95, 180, 400)
        case .delete: (45, 120, 220, 300)
        case .list: (15, 55, 95, 800)
        case .join: (20, 65, 120, 600)
        case .leave: (25, 75, 140, 500)
        case .change: (18, 55, 100, 700)
        case .members: (12, 40, 75, 1000)
        }
    }

    /// Operations each second that the embedded database has to make over HTTP on two cores that it shares with the load.
    var floor: Double {
        switch self {
        case .get: 25_000
        case .list, .create, .join, .members: 6000
        case .update, .leave, .change: 5000
        case .delete: 4000
        }
    }

    /// The source's limit for 95 of a hundred operations of this kind, above the table.
    private var summary: (name: String, milliseconds: Double) {
        switch self {
        case .create, .get, .update, .delete, .list: ("context_operations", 100)
        case .join, .leave, .change, .members: ("participant_operations", 50)
        }
    }

    /// What is asked, beside what was measured: the source's throughput at a tenth of its times, and a throughput of ours.
    func goals(_ record: LatencyRecord, isEmbedded: Bool) -> [ContextGoal] {
        let (name, source, summary) = ("source, \(rawValue)", source, summary)
        let times = record.percentiles([0.5, 0.95, 0.99])
        return [
            .atLeast("\(name).throughput", source.throughput, record.rate),
            .atMost("\(name).p50, a tenth", source.p50 / 10, times[0]),
            .atMost("\(name).p95, a tenth", source.p95 / 10, times[1]),
            .atMost("\(name).p99, a tenth", source.p99 / 10, times[2]),
            .atMost("source, \(summary.name) p95, a tenth, \(rawValue)", summary.milliseconds / 10, times[1]),
            isEmbedded
                ? .atLeast("floor, \(rawValue)", floor, record.rate)
                : .atLeast("three times the source, \(rawValue)", source.throughput * 3, record.rate),
        ]
    }
}
