package dev.archive.testing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.logging.Logger;

/**
 * Stands in for the SQLite driver of this JVM and keeps every text that is prepared, so that a test
 * sees all SQL that the program uses and need not list it.
 */
public final class RecordingDriver implements Driver, AutoCloseable {
  private final Driver driver;
  private final Set<String> prepared = new ConcurrentSkipListSet<>();

  private RecordingDriver(Driver driver) {
    this.driver = driver;
  }

  /** Takes the place of the driver until closed. */
  public static RecordingDriver install() throws SQLException {
    Driver driver = DriverManager.getDriver("jdbc:sqlite:");
    RecordingDriver recording = new RecordingDriver(driver);
    DriverManager.deregisterDriver(driver);
    DriverManager.registerDriver(recording);
    return recording;
  }

  /** The texts that were prepared so far. */
  public Set<String> prepared() {
    return prepared;
  }

  @Override
  public Connection connect(String url, Properties info) throws SQLException {
    Connection connection = driver.connect(url, info);
    if (connection == null) {
      return null;
    }
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("prepareStatement")) {
                prepared.add((String) arguments[0]);
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public boolean acceptsURL(String url) throws SQLException {
    return driver.acceptsURL(url);
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) throws SQLException {
    return driver.getPropertyInfo(url, info);
  }

  @Override
  public int getMajorVersion() {
    return driver.getMajorVersion();
  }

  @Override
  public int getMinorVersion() {
    return driver.getMinorVersion();
  }

  @Override
  public boolean jdbcCompliant() {
    return driver.jdbcCompliant();
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getLogger("");
  }

  @Override
  public void close() throws SQLException {
    DriverManager.deregisterDriver(this);
    DriverManager.registerDriver(driver);
  }
}
