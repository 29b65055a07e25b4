package dev.archive.ledger;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.logging.Logger;

/** SQLite's driver, whose statements fail where a test says so. */
public final class FaultyDriver implements Driver, AutoCloseable {
  /** When an error comes. */
  enum When {
    BEFORE,
    AFTER
  }

  private record Fault(String sql, When when, int code, Error error) {}

  private final Driver sqlite;
  private volatile Fault fault;
  private volatile int connections;

  private FaultyDriver(Driver sqlite) {
    this.sqlite = sqlite;
  }

  /** Takes the place of SQLite's driver until it is closed. */
  public static FaultyDriver install() throws SQLException {
    Driver sqlite = DriverManager.getDriver("jdbc:sqlite:");
    FaultyDriver faulty = new FaultyDriver(sqlite);
    DriverManager.deregisterDriver(sqlite);
    DriverManager.registerDriver(faulty);
    return faulty;
  }

  @Override
  public void close() throws SQLException {
    DriverManager.deregisterDriver(this);
    DriverManager.registerDriver(sqlite);
  }

  /**
   * The next statement that begins so fails, once.
   *
   * @param code SQLite's result code
   */
  void failNext(String sql, When when, int code) {
    fault = new Fault(sql, when, code, null);
  }

  /** The next statement that begins so fails with an error that is not of the database, once. */
  public void failNext(String sql, Error error) {
    fault = new Fault(sql, When.BEFORE, 0, error);
  }

  /** How many connections were opened. */
  int connections() {
    return connections;
  }

  @Override
  public Connection connect(String url, Properties info) throws SQLException {
    connections++;
    return wrap(Connection.class, sqlite.connect(url, info));
  }

  private <T> T wrap(Class<T> type, T real) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              Fault due = arguments == null ? null : due(statement(method, arguments[0]));
              if (due != null && due.when == When.BEFORE) {
                throw failure(due);
              }
              Object result;
              try {
                result = method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              if (due != null) {
                throw failure(due);
              }
              return method.getName().equals("createStatement")
                  ? wrap(Statement.class, (Statement) result)
                  : result;
            }));
  }

  /** A transaction is begun and committed by taking the connection out of auto-commit and back. */
  private static Object statement(Method method, Object argument) {
    return !method.getName().equals("setAutoCommit")
        ? argument
        : argument.equals(true) ? "COMMIT" : "BEGIN IMMEDIATE";
  }

  private Fault due(Object sql) {
    Fault armed = fault;
    if (armed == null || !(sql instanceof String text) || !text.startsWith(armed.sql)) {
      return null;
    }
    fault = null;
    return armed;
  }

  private static SQLException failure(Fault due) {
    if (due.error != null) {
      throw due.error;
    }
    return new SQLException("made to fail", null, due.code);
  }

  @Override
  public boolean acceptsURL(String url) throws SQLException {
    return sqlite.acceptsURL(url);
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) throws SQLException {
    return sqlite.getPropertyInfo(url, info);
  }

  @Override
  public int getMajorVersion() {
    return sqlite.getMajorVersion();
  }

  @Override
  public int getMinorVersion() {
    return sqlite.getMinorVersion();
  }

  @Override
  public boolean jdbcCompliant() {
    return sqlite.jdbcCompliant();
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getGlobal();
  }
}
