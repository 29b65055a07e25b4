package dev.archive.storage;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import dev.archive.storage.MemoryDisk.Content;
import dev.archive.storage.MemoryDisk.Kind;
import dev.archive.storage.MemoryDisk.Name;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Each defect in a store turns the clause of the contract red that forbids it. */
class ByteStoreContractControlsTest {
  /** A clause of a contract. */
  private interface Clause<S> {
    void prove(S suite) throws Exception;
  }

  private static final MemoryContractTest SUITES = new MemoryContractTest();

  private static StorePlace disk(MemoryDisk disk) {
    return new MemoryPlace(disk, MemoryByteStore::new);
  }

  private static StorePlace store(Function<MemoryDisk, ByteStore> opener) {
    return new MemoryPlace(new MemoryDisk(), opener);
  }

  private static <S extends BaseStoreContract> void red(
      S suite, StorePlace place, String why, Clause<S> clause) throws IOException {
    suite.open(place);
    Throwable failure = assertThrows(Throwable.class, () -> clause.prove(suite));
    assertTrue(
        failure instanceof AssertionError || failure instanceof ArchiveException,
        failure::toString);
    assertTrue(failure.toString().contains(why), failure::toString);
  }

  /** Nothing is ever forced. */
  private static MemoryDisk forgetful() {
    return new MemoryDisk() {
      @Override
      synchronized void force(Name name) {
        // It says that it did.
      }
    };
  }

  @Test
  void objectThatIsNotDurable() throws IOException {
    red(
        SUITES.new Objects(),
        disk(forgetful()),
        "expected: <new> but was: <null>",
        ByteStoreContract::whatWasDoneSurvivesAPowerCut);
  }

  @Test
  void tagFileThatIsNotDurable() throws IOException {
    red(
        SUITES.new Bags(),
        disk(forgetful()),
        "missing",
        ByteStoreBagContract::tagFileIsReplacedWhole);
  }

  @Test
  void partThatIsNotDurable() throws IOException {
    red(
        SUITES.new Parts(),
        disk(forgetful()),
        "expected: <true> but was: <false>",
        PartStoreContract::partsSurviveAPowerCut);
  }

  @Test
  void bodyThatIsShorterThanItsSize() throws IOException {
    Function<MemoryDisk, ByteStore> lenient =
        disk ->
            new MemoryByteStore(disk) {
              @Override
              public Incoming<Staged> receive(BatchId batch, long size) {
                return super.receive(batch, Math.max(size - 1, 0));
              }
            };
    red(
        SUITES.new Objects(),
        store(lenient),
        "nothing was thrown",
        ByteStoreContract::bodyOfAnotherSizeLeavesNothing);
  }

  @Test
  void arrivalThatIsKeptWhenItIsClosed() throws IOException {
    MemoryDisk hoarding =
        new MemoryDisk() {
          @Override
          synchronized void remove(Name name) {
            if (name.kind() != Kind.TEMPORARY) {
              super.remove(name);
            }
          }
        };
    red(
        SUITES.new Objects(),
        disk(hoarding),
        "something temporary is left",
        ByteStoreContract::arrivalThatIsClosedLeavesNothing);
    red(
        SUITES.new Objects(),
        disk(hoarding),
        "something temporary is left",
        ByteStoreContract::whatAKilledProcessLeftHindersNobodyAndGoesWithItsBatch);
  }

  @Test
  void temporaryNamesThatEachProcessCountsForItself() throws IOException {
    Function<MemoryDisk, ByteStore> counting =
        disk ->
            new MemoryByteStore(disk) {
              private int count;

              @Override
              Name temporary(BatchId batch) {
                return new Name(batch, Kind.TEMPORARY, "temporary-" + ++count);
              }
            };
    red(
        SUITES.new Objects(),
        store(counting),
        "is there already",
        ByteStoreContract::arrivalsOfTwoProcessesShareNoName);
    red(
        SUITES.new Parts(),
        store(counting),
        "is there already",
        PartStoreContract::loosePartsOfTwoProcessesShareNoName);
  }

  /** Names are compared by what this makes of their text. */
  private static MemoryDisk comparing(Function<String, String> form) {
    return new MemoryDisk() {
      private Name same(Name name) {
        return new Name(name.batch(), name.kind(), form.apply(name.text()));
      }

      @Override
      synchronized Content get(Name name) {
        return super.get(same(name));
      }

      @Override
      synchronized Content move(Name from, Name to) {
        return super.move(from, same(to));
      }
    };
  }

  @Test
  void namesThatDifferOnlyInTheirForm() throws IOException {
    red(
        SUITES.new Objects(),
        disk(comparing(text -> Normalizer.normalize(text, Normalizer.Form.NFC))),
        "two names are one: /cafe\u0301",
        ByteStoreContract::awkwardNamesAreRefusedOrKeptApart);
    red(
        SUITES.new Objects(),
        disk(comparing(text -> text.toLowerCase(Locale.ROOT))),
        "two names are one: /A",
        ByteStoreContract::awkwardNamesAreRefusedOrKeptApart);
    red(
        SUITES.new Objects(),
        disk(comparing(text -> text.replaceAll(" +(/|$)", "$1"))),
        "two names are one: /a ",
        ByteStoreContract::awkwardNamesAreRefusedOrKeptApart);
  }

  @Test
  void objectThatIsRemovedBeforeItIsReplaced() throws IOException {
    MemoryDisk gap =
        new MemoryDisk() {
          private long reads;

          @Override
          synchronized Content get(Name name) {
            reads += name.kind() == Kind.OBJECT ? 1 : 0;
            notifyAll();
            return super.get(name);
          }

          @Override
          synchronized Content move(Name from, Name to) {
            if (super.get(to) != null) {
              remove(to);
              awaitReader();
            }
            return super.move(from, to);
          }

          private void awaitReader() {
            try {
              for (long before = reads; reads == before; ) {
                wait();
              }
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    red(
        SUITES.new Objects(),
        disk(gap),
        "a reader met something else",
        ByteStoreContract::writersOfOneNameLeaveOneWholeObjectAndReadersMeetNothingElse);
  }

  @Test
  void nameThatIsKeptByTheFirst() throws IOException {
    MemoryDisk once =
        new MemoryDisk() {
          @Override
          synchronized Content move(Name from, Name to) {
            Content there = get(to);
            Content moved = super.move(from, to);
            if (there != null) {
              replace(to, there.bytes());
            }
            return moved;
          }
        };
    red(
        SUITES.new Objects(),
        disk(once),
        "expected: <second> but was: <first, and longer>",
        ByteStoreContract::nameThatIsTakenIsReplacedWhole);
  }

  @Test
  void memoryOfOneProcess() throws IOException {
    Function<MemoryDisk, ByteStore> remembering =
        disk ->
            new MemoryByteStore(disk) {
              private final Map<LogicalPath, Stored> known = new HashMap<>();

              @Override
              public Stored read(BatchId batch, LogicalPath path) {
                return known.computeIfAbsent(path, unknown -> super.read(batch, unknown));
              }
            };
    red(
        SUITES.new Objects(),
        store(remembering),
        "the digest is not that of the bytes",
        ByteStoreContract::whatOneProcessDoesTheOthersSee);
    red(
        SUITES.new Reading(),
        store(remembering),
        "not equal but was",
        ByteStoreReadContract::digestIsThatOfTheStoredBytes);
  }

  @Test
  void stampOfTheSizeAlone() throws IOException {
    record Size(int bytes) implements ObjectStamp {}

    Function<MemoryDisk, ByteStore> bySize =
        disk ->
            new MemoryByteStore(disk) {
              @Override
              ObjectStamp stampOf(Content content) {
                return content == null ? null : new Size(content.bytes().length);
              }
            };
    red(
        SUITES.new Objects(),
        store(bySize),
        "an object was replaced without a sign",
        ByteStoreContract::nameThatIsTakenIsReplacedWhole);
    red(
        SUITES.new Reading(),
        store(bySize),
        "not equal but was",
        ByteStoreReadContract::stampTellsWhetherTheObjectIsTheSame);
  }

  @Test
  void openObjectThatFollowsItsName() throws IOException {
    Function<MemoryDisk, ByteStore> following =
        disk ->
            new MemoryByteStore(disk) {
              @Override
              StoredObject open(Name name) {
                StoredObject first = super.open(name);
                return new StoredObject() {
                  @Override
                  public long size() {
                    return first.size();
                  }

                  @Override
                  public void read(ByteBuffer buffer, long position) throws IOException {
                    new MemoryObject(disk.get(name).bytes()).read(buffer, position);
                  }

                  @Override
                  public void close() {
                    // Nothing is open.
                  }
                };
              }
            };
    red(
        SUITES.new Reading(),
        store(following),
        "expected: <old bytes> but was: <new bytes>",
        ByteStoreReadContract::openObjectNeverGivesBytesOfAnother);
  }

  @Test
  void rangeThatIsCutWhereTheObjectEnds() throws IOException {
    Function<MemoryDisk, ByteStore> cutting =
        disk ->
            new MemoryByteStore(disk) {
              @Override
              StoredObject open(Name name) {
                byte[] bytes = disk.get(name).bytes();
                return new StoredObject() {
                  @Override
                  public long size() {
                    return bytes.length;
                  }

                  @Override
                  public void read(ByteBuffer buffer, long position) {
                    for (long at = position; at < bytes.length && buffer.hasRemaining(); at++) {
                      buffer.put(bytes[(int) at]);
                    }
                  }

                  @Override
                  public void close() {
                    // Nothing is open.
                  }
                };
              }
            };
    red(
        SUITES.new Reading(),
        store(cutting),
        "expected: <java.io.EOFException>",
        ByteStoreReadContract::rangesAreExact);
  }

  @Test
  void pieceThatIsJoinedWithoutALookAtItsMark() throws IOException {
    Function<MemoryDisk, ByteStore> trusting =
        disk ->
            new MemoryByteStore(
                disk,
                (store, same) ->
                    new MemoryParts(store, same) {
                      @Override
                      boolean isRight(Piece piece, byte[] bytes, int from, int to) {
                        return true;
                      }
                    });
    red(
        SUITES.new Parts(),
        store(trusting),
        "expected: <null>",
        PartStoreContract::pieceThatIsNotWhatItsMarkSaysIsNotJoined);
  }

  @Test
  void removalOfWhatTheArchiveDidNotWrite() throws IOException {
    Function<MemoryDisk, ByteStore> thorough =
        disk ->
            new MemoryByteStore(disk) {
              @Override
              public boolean remove(
                  BatchId batch, Set<String> tags, Function<List<String>, Set<String>> registered) {
                super.remove(batch, tags, Set::copyOf);
                return true;
              }
            };
    red(
        SUITES.new Bags(),
        store(thorough),
        "expected: <stranger> but was: <null>",
        ByteStoreBagContract::removalTakesWhatTheArchiveWroteAndNothingElse);
  }
}
