package import HeddleModel
import JSON

/// How well a context is: what of its room is used, and what is in the way of its work.
package struct ContextHealth: Sendable {
    /// How bad it is, from good to worst.
    package enum Level: String, Sendable, CaseIterable {
        case healthy
        case degraded
        case unhealthy
        case critical
    }

    private let context: Context
    private let lifecycle: Level
    private let capacity: Level
    private let issues: [String]

    /// Looks at a context.
    package init(_ context: Context, at now: Timestamp) {
        self.context = context
        var issues: [String] = []
        switch context.status {
        case .creating, .active: lifecycle = (context.expiresAt.map { $0 <= now } ?? false) ? .unhealthy : .healthy
        case .paused: lifecycle = .degraded
        case .terminating, .terminated: lifecycle = .critical
        }
        if lifecycle == .unhealthy { issues.append("its time is over") }
        if lifecycle == .degraded { issues.append("it is paused") }
        if lifecycle == .critical { issues.append("it is over") }
        let use = Self.ratio(context.participantCount, context.maxParticipants)
        capacity = use >= 1 ? .unhealthy : use >= 0.9 ? .degraded : .healthy
        if capacity == .unhealthy { issues.append("no participant can join") }
        if capacity == .degraded { issues.append("nearly all places for participants are taken") }
        self.issues = issues
    }

    private static func ratio(_ count: Int, _ most: Int) -> Double { most == 0 ? 1 : Double(count) / Double(most) }

    private var overall: Level {
        let levels = Level.allCases
        let worst = max(levels.firstIndex(of: lifecycle) ?? 0, levels.firstIndex(of: capacity) ?? 0)
        return levels[worst]
    }

    /// The health as clients see it.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("overall")
        writer.string(overall.rawValue)
        writer.name("components")
        writer.beginObject()
        writer.name("lifecycle")
        writer.string(lifecycle.rawValue)
        writer.name("capacity")
        writer.string(capacity.rawValue)
        writer.endObject()
        writer.name("capacity")
        writer.beginObject()
        writer.name("participants")
        writer.double(Self.ratio(context.participantCount, context.maxParticipants))
        writer.name("sessions")
        writer.double(Self.ratio(context.sessionCount, context.maxSessions))
        writer.endObject()
        writer.name("issues")
        writer.strings(issues)
        writer.endObject()
        return writer.bytes
    }
}
