package io.striate.io;

import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Optional;

/**
 * A tensor of a file: small ones are in memory, large f32 ones stay in the file until somebody
 * needs them. Safe for use by several threads.
 */
public interface StoredTensor {

  /** Its shape. */
  Shape shape();

  /** Whether its data is in memory, from where reading costs nothing. */
  boolean inMemory();

  /**
   * Its data: where it lies if it is in memory, else dense f32 read from the file into {@code
   * arena}, for the caller alone.
   *
   * @throws io.striate.StriateException if the file cannot be read or does not hold what it held
   *     when it was opened
   */
  Tensor read(Arena arena);

  /**
   * Two checksums in one number, CRC-32 above CRC-32C, of every 2 MiB of its data, where they are
   * known without reading it again.
   */
  Optional<long[]> fingerprint();

  /** A tensor that is in memory. */
  static StoredTensor of(Tensor tensor) {
    return new StoredTensor() {
      @Override
      public Shape shape() {
        return tensor.shape();
      }

      @Override
      public boolean inMemory() {
        return true;
      }

      @Override
      public Tensor read(Arena arena) {
        return tensor;
      }

      @Override
      public Optional<long[]> fingerprint() {
        return Optional.empty();
      }
    };
  }
}
