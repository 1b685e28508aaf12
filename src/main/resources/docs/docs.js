SwaggerUIBundle({
	url: "/openapi.yaml",
	dom_id: "#swagger-ui",
	deepLinking: true,
	tryItOutEnabled: true,
	// Would ask a service on the internet
	validatorUrl: null,
});
