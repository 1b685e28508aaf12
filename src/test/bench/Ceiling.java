import java.io.IOException;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.catalina.startup.Tomcat;

/** The same server, which answers every request with the same bytes: no faster can ours be. */
class Ceiling {

	private static final byte[] BODY = """
			{"id":1,"first_name":"A","last_name":"B","email":"a@example.com","created_on":"2026-11-23T21:18:18Z"}"""
		.getBytes();

	public static void main(String[] args) throws Exception {
		Tomcat tomcat = new Tomcat();
		tomcat.setBaseDir(args[0]);
		tomcat.setPort(Integer.parseInt(args[1]));
		tomcat.getConnector().setProperty("address", "127.0.0.1");
		tomcat.getConnector().setProperty("maxThreads", "384");
		tomcat.getConnector().setProperty("maxKeepAliveRequests", "-1");
		var context = tomcat.addContext("", null);
		Tomcat.addServlet(context, "all", new HttpServlet() {
			@Override
			protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
				response.setContentType("application/json");
				response.setContentLength(BODY.length);
				response.getOutputStream().write(BODY);
			}
		});
		context.addServletMappingDecoded("/*", "all");
		tomcat.start();
		tomcat.getServer().await();
	}

}
