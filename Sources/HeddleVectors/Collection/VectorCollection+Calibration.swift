import HeddleModel

extension VectorCollection {
    /// Learns the range of codes from what there is, and makes the codes.
    func calibrate() throws(HeddleError) {
        let sample = lock.read { (content.blocks, content.alive) }
        let (scale, shift) = Self.range(settings, RowFinder(sample.0), sample.1)
        try onWriter { () throws(HeddleError) in
            guard self.content.graph == nil else { return }
            let graph = try VectorGraph(self.settings, scale: scale, shift: shift)
            for block in self.content.blocks {
                for slot in block.base..<block.end { self.encode(block.vector(slot), slot, graph) }
            }
            self.writerChanges.clipped = 0
            self.writerChanges.encoded = 0
            self.lock.write { self.content.graph = graph }
        }
        manifest.scale = scale
        manifest.shift = shift
    }

    /// The range that the numbers of some vectors are in, as the scale and the shift of codes.
    static func range(_ settings: VectorSettings, _ rows: RowFinder, _ alive: SlotBits) -> (scale: Float, shift: Float)
    {
        guard settings.needsCalibration else { return (1, 0) }
        let slots = sample(alive, 4_096)
        var numbers: [Float] = []
        var sample: [Float] = []
        let step = max(1, slots.count * settings.dimension / 1_000_000)
        var place = 0
        for slot in slots {
            guard let block = rows.block(slot) else { continue }
            settings.readNumbers(block.vector(slot), into: &numbers)
            while place < numbers.count {
                sample.append(numbers[place])
                place += step
            }
            place -= numbers.count
        }
        sample.sort()
        guard let least = sample.first, let greatest = sample.last else { return (127, 0) }
        if settings.quantization == .binary { return (1, sample[sample.count / 2]) }
        var low = least
        var high = greatest
        if settings.calibration == .quantile, sample.count > 2_000 {
            let cut = sample.count / 4_000
            low = sample[cut]
            high = sample[sample.count - 1 - cut]
        }
        if settings.metric != .l2 {
            // A shift would change dot products by more than a constant.
            let bound = max(abs(low), abs(high))
            return (bound > 0 ? 127 / bound : 127, 0)
        }
        let scale = high > low ? 254 / (high - low) : 1
        return (scale, -(low + high) / 2 * scale)
    }

    /// Some of the slots, from everywhere.
    static func sample(_ alive: SlotBits, _ count: Int) -> [UInt32] {
        var slots: [UInt32] = []
        let step = max(1, alive.count / count)
        var index = 0
        alive.visit { slot in
            if index % step == 0 { slots.append(slot) }
            index += 1
        }
        return slots
    }
}
