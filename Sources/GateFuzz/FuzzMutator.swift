import GateBytes
import GateTestKit

/// Changes an input packet by packet or frame by frame, so that lengths stay right where they are not the point.
public struct FuzzMutator: Sendable {
    /// What the bytes are.
    public enum Structure: Sendable {
        /// MQTT packets behind some bytes that the harness reads.
        case mqtt(prefixBytes: Int)
        /// A descriptor, a limit, then its frames.
        case descriptors
        /// Fields of Protocol Buffers, fields inside of them, behind some bytes that the harness reads.
        case fields(prefixBytes: Int)
    }

    private let structure: Structure

    /// A mutator of what `structure` says.
    public init(_ structure: Structure) {
        self.structure = structure
    }

    /// A changed input of at most `bytesMax` bytes.
    /// - Parameter plain: Changes bytes in any way; gets the most bytes that it may return.
    public func mutate(
        _ bytes: [UInt8], seed: UInt64, bytesMax: Int, plain: ([UInt8], Int) -> [UInt8]
    ) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        // Half of the time lengths are left to chance.
        if random.below(2) == 0 { return plain(bytes, bytesMax) }
        return mutate(bytes, FuzzFrames(structure, prefix: bytes), &random, bytesMax: bytesMax, plain: plain)
    }

    private func mutate(
        _ bytes: [UInt8], _ frames: FuzzFrames, _ random: inout SeededGenerator, bytesMax: Int,
        plain: ([UInt8], Int) -> [UInt8]
    ) -> [UInt8] {
        var pieces = frames.split(bytes)
        let place = random.below(max(1, pieces.count))
        switch random.below(8) {
        case 0 where !pieces.isEmpty: pieces.remove(at: place)
        case 1 where !pieces.isEmpty: pieces.insert(pieces[place], at: random.below(pieces.count))
        case 2 where pieces.count > 1: pieces.swapAt(place, random.below(pieces.count))
        case 3...4 where !pieces.isEmpty:
            let room = max(1, bytesMax - bytes.count + pieces[place].count - 8)
            if frames.mayBePacked, let packing = FuzzPacking(endOf: pieces[place]),
                let changed = packing.changed(pieces[place], &random, bytesMax: room, plain: plain)
            {
                pieces[place] = frames.withRightLength(changed)
            } else if let inside = frames.content(of: pieces[place]) {
                // What is inside is changed in the same way, as deep as it goes.
                let piece = pieces[place]
                let changed = mutate(
                    Array(piece[inside]), FuzzFrames(inside: structure), &random, bytesMax: room, plain: plain)
                pieces[place] = frames.withRightLength(piece[..<inside.lowerBound] + changed)
            } else {
                pieces[place] = frames.withRightLength(plain(pieces[place], room))
            }
        case 5 where !pieces.isEmpty:
            let room = bytesMax - bytes.count + pieces[place].count
            pieces[place] = frames.nested(pieces[place], &random, bytesMax: room)
        default: pieces.insert(frames.make(using: &random), at: random.below(pieces.count + 1))
        }
        var changed = frames.prefix
        for piece in pieces { changed.append(contentsOf: piece) }
        if changed.count > bytesMax { changed.removeLast(changed.count - bytesMax) }
        return changed.isEmpty ? plain(bytes, bytesMax) : changed
    }
}

/// A Remaining Length of MQTT in its shortest form.
package func remainingLength(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = count
    repeat {
        bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
        rest >>= 7
    } while rest > 0
    return bytes
}
