package import HeddleModel
import JSON

/// What all contexts of a tenant come to.
package struct ContextStatistics: Sendable, Hashable {
    /// The number of contexts in each state.
    package private(set) var contexts: [ContextStatus: Int] = [:]
    package private(set) var participants = 0
    /// The participants of the context that has the most.
    package private(set) var maximumParticipants = 0

    /// The contexts in any state.
    package var total: Int { contexts.values.reduce(0, +) }

    /// Participants of a context on the average; zero when there is none.
    package var averageParticipants: Double { total == 0 ? 0 : Double(participants) / Double(total) }

    mutating func add(_ status: ContextStatus, contexts count: Int, participants: Int, most: Int) {
        contexts[status, default: 0] += count
        self.participants += participants
        maximumParticipants = max(maximumParticipants, most)
    }

    /// The statistics as clients see them.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("total_contexts")
        writer.integer(total)
        for status in ContextStatus.allCases {
            writer.name("\(status.rawValue)_contexts")
            writer.integer(contexts[status] ?? 0)
        }
        writer.name("participants")
        writer.integer(participants)
        writer.name("avg_participants")
        writer.double(averageParticipants)
        writer.name("max_participants")
        writer.integer(maximumParticipants)
        writer.endObject()
        return writer.bytes
    }
}
